import { armaloRequest, armoxRequest } from 'nestjs-armox-armalo/testing';
import type { Delivery } from './sender.js';
import { ARMALO_SECRET, ARMOX_SECRET } from './secrets.js';

export const ARMALO_PATH = '/webhooks/armalo';
export const ARMOX_PATH = '/webhooks/armox';

/** For the transactional handler. */
export function violation(name: string, asked: object = {}): Delivery {
  return armalo('pact.violated', name, asked);
}

/** For two plain handlers. */
export function cosigned(name: string, asked: object = {}): Delivery {
  return armalo('pact.cosigned', name, asked);
}

/** For the handler of groups. */
export function anchored(name: string, asked: object = {}): Delivery {
  return armalo('pact.anchored', name, asked);
}

/** For the plain handler. */
export function completion(name: string, asked: object = {}): Delivery {
  const job = {
    id: name,
    status: 'completed',
    input_data: asked,
    output: { outputImage: 'https://example.com/o.png' },
  };
  return {
    name,
    path: ARMOX_PATH,
    request: armoxRequest({ event: 'job.completed', job }, ARMOX_SECRET),
  };
}

function armalo(event: string, name: string, asked: object): Delivery {
  const body = {
    event,
    timestamp: '2026-11-22T10:00:00.000Z',
    data: { pactId: name, agentId: 'agent_1', ...asked },
  };
  return { name, path: ARMALO_PATH, request: armaloRequest(body, ARMALO_SECRET) };
}
