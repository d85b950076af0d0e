import type { IncomingMessage } from 'node:http';
import type { Timers } from '../../core/index.js';
import { OpsProblem } from '../http/ops.problem.js';
import type { OpsOptions, OpsUser } from '../ops.options.js';
import { BasicLogins } from './basic.login.js';
import { LoginLimiter } from './login.limiter.js';

/** Browsers ask for name and password when they see it. */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Webhook operations", charset="UTF-8"' };

/** Who sends a request, and whether they may. */
export class OpsAccess {
  private readonly identify: (request: IncomingMessage) => Promise<OpsUser>;

  constructor(access: OpsOptions['access'], timers: Pick<Timers, 'now'>) {
    this.identify =
      typeof access === 'function'
        ? async (request) => knownUser(await access(request))
        : byPassword(new BasicLogins(access), new LoginLimiter(timers));
  }

  /** @throws OpsProblem 401, 429, 403 */
  async user(request: IncomingMessage): Promise<OpsUser> {
    const user = await this.identify(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') assertNotForged(request);
    return user;
  }
}

/** @throws OpsProblem 403 where a viewer asks for what operators may do */
export function assertMayOperate(user: OpsUser): void {
  if (user.role === 'operate') return;
  throw new OpsProblem(
    403,
    `${user.name} may look, but change nothing.`,
    "Ask somebody with the role 'operate', or for that role.",
  );
}

function byPassword(logins: BasicLogins, limiter: LoginLimiter) {
  return async (request: IncomingMessage): Promise<OpsUser> => {
    const header = request.headers.authorization;
    if (header === undefined) throw unknown('Log in to see this page.', CHALLENGE);
    const address = request.socket.remoteAddress ?? '';
    const wait = limiter.wait(address);
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1_000);
      throw new OpsProblem(
        429,
        'Too many wrong passwords came from this address.',
        `Try again in ${seconds} seconds.`,
        { 'Retry-After': String(seconds) },
      );
    }
    const user = logins.find(header);
    if (user) return user;
    limiter.failed(address);
    throw unknown('Name or password is wrong.', CHALLENGE);
  };
}

/** What a function of the application returns is whatever it is. */
function knownUser(found: OpsUser | undefined): OpsUser {
  const { name, role } = (found ?? {}) as Partial<OpsUser>;
  if (typeof name === 'string' && name !== '' && (role === 'view' || role === 'operate')) {
    return { name, role };
  }
  throw unknown('You are not logged in, or may not see this page.', {});
}

const unknown = (error: string, headers: Readonly<Record<string, string>>): OpsProblem =>
  new OpsProblem(401, error, undefined, headers);

/**
 * Another site can make a browser send a form with the credentials it keeps for this one. It cannot make it
 * say that the request is of the same origin, nor send JSON without being asked first. What is no browser
 * sends no `Sec-Fetch-Site`.
 * @throws OpsProblem 403, 415
 */
function assertNotForged({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    throw new OpsProblem(403, 'This request was sent by another site.', 'Use the operations page.');
  }
  if (/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return;
  throw new OpsProblem(
    415,
    'What changes something must be JSON.',
    'Send the header Content-Type: application/json.',
  );
}
