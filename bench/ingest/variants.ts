import type { Opponent } from '../against.js';

/** How a webhook may be answered. */
export const VARIANTS = [
  'plain',
  'plain-fastify',
  'hand-written',
  'hand-written-save',
  'bullmq',
  'module',
  'module-fastify',
  'module-with-worker',
  'module-with-page',
] as const;
export type Variant = (typeof VARIANTS)[number];

interface VariantFacts {
  readonly text: string;
  /** The bare route of the same HTTP framework. */
  readonly bare: Variant;
  /** It takes part only where `--against` names this. */
  readonly opponent?: Opponent;
}

export const VARIANT_FACTS: Readonly<Record<Variant, VariantFacts>> = {
  plain: { text: 'bare Nest route: JSON parsed, 200', bare: 'plain' },
  'plain-fastify': { text: 'bare Nest route on Fastify', bare: 'plain-fastify' },
  'hand-written': {
    text: 'hand-written: guard, ValidationPipe, one INSERT',
    bare: 'plain',
    opponent: 'hand-written',
  },
  'hand-written-save': {
    text: 'hand-written: guard, ValidationPipe, `repository.save`',
    bare: 'plain',
    opponent: 'hand-written',
  },
  bullmq: {
    text: 'hand-written: guard, ValidationPipe, `queue.add` of bullmq',
    bare: 'plain',
    opponent: 'bullmq',
  },
  module: { text: 'this module, `worker: false`', bare: 'plain' },
  'module-fastify': { text: 'this module on Fastify, `worker: false`', bare: 'plain-fastify' },
  'module-with-worker': { text: 'this module, worker and an empty handler', bare: 'plain' },
  'module-with-page': {
    text: 'the same, with the operations page open in two tabs',
    bare: 'module-with-worker',
  },
};
