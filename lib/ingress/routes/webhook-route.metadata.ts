import 'reflect-metadata';

const WEBHOOK_SOURCE = 'armox-armalo:webhook-source';

/** Marks a built-in controller with the name of its source. */
export const markWebhookSource = (controller: object, source: string): void =>
  Reflect.defineMetadata(WEBHOOK_SOURCE, source, controller);

export const webhookSourceOf = (controller: object): string | undefined =>
  Reflect.getMetadata(WEBHOOK_SOURCE, controller) as string | undefined;
