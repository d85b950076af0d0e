import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
  type RawBodyRequest,
} from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { SECRET } from '../samples.js';

/** What one writes by hand to verify a signature; needs Nest's `rawBody`. */
@Injectable()
export class HmacGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RawBodyRequest<IncomingMessage>>();
    const given = Buffer.from(String(request.headers['x-armalo-signature']), 'hex');
    const expected = createHmac('sha256', SECRET)
      .update(request.rawBody ?? '')
      .digest();
    if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
    throw new UnauthorizedException();
  }
}
