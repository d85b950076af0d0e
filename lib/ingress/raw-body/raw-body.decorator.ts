import 'reflect-metadata';
import { applyDecorators, SetMetadata, UseFilters } from '@nestjs/common';
import { DeliveryErrorFilter } from '../webhook/delivery-error.filter.js';

/** Default of every body limit: 1 MiB. */
export const DEFAULT_BODY_LIMIT = 1024 * 1024;

export interface CaptureRawBodyOptions {
  /** Largest body in bytes, before and after its Content-Encoding is undone. Default 1 MiB; more is answered 413. */
  readonly limit?: number;
}

const RAW_BODY_METADATA = 'armox-armalo:raw-body';

/**
 * Puts `RawBodyMiddleware` in front of the POST routes of a controller (or of one method):
 * `request.rawBody` is the bytes as they came, `request.body` the bytes with their Content-Encoding
 * undone, whatever the content type. Other routes keep their parsers. A body that is too large, or
 * not readable, is answered 413, 415 or 400 before any guard; a `InboxUnavailableError` of
 * `Inbox.accept` is answered 503 with Retry-After.
 *
 * It goes by path: where controllers of several header or media type versions share one path, all of
 * them get raw bodies.
 */
export function CaptureRawBody(
  options: CaptureRawBodyOptions = {},
): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(RAW_BODY_METADATA, options), UseFilters(DeliveryErrorFilter));
}

/** What the decorator on a method, else on its class, says. */
export function rawBodyOptionsOf(
  controller: object,
  method: object,
): CaptureRawBodyOptions | undefined {
  const found: unknown =
    Reflect.getMetadata(RAW_BODY_METADATA, method) ??
    Reflect.getMetadata(RAW_BODY_METADATA, controller);
  return found as CaptureRawBodyOptions | undefined;
}
