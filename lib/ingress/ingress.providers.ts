import type { Provider } from '@nestjs/common';
import { DeliveryAnswers } from './webhook/delivery.answers.js';
import { DeliveryRejections } from './webhook/delivery.rejections.js';
import { DeliveryVerifier } from './webhook/delivery.verifier.js';
import { EventOpener } from './webhook/event.opener.js';
import { IngressCounters } from './ingress.counters.js';
import { RawBodyMiddleware } from './raw-body/raw-body.middleware.js';
import { RawBodyReader } from './raw-body/raw-body.reader.js';
import { RawBodyRefusals } from './raw-body/raw-body.refusals.js';
import { RouteTable } from './routes/route.table.js';
import { SharedSecretCheck } from './webhook/shared-secret.check.js';
import { WebhookReceiver } from './webhook/webhook.receiver.js';
import { WebhookRoutes } from './routes/webhook.routes.js';

/** What the module provides for receiving; SOURCES and Inbox must be there too. */
export const ingressProviders: readonly Provider[] = [
  IngressCounters,
  DeliveryRejections,
  DeliveryVerifier,
  DeliveryAnswers,
  EventOpener,
  RouteTable,
  WebhookRoutes,
  RawBodyReader,
  RawBodyRefusals,
  RawBodyMiddleware,
  SharedSecretCheck,
  WebhookReceiver,
];

/** What signature guards and event pipes in controllers of the application need. */
export const ingressExports = [DeliveryVerifier, EventOpener, IngressCounters, WebhookRoutes];
