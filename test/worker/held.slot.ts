import type { Slot } from '../../lib/worker/index.js';

/** For runs outside a loop, which have no slot to give away. */
export const heldSlot: Slot = { whileWaiting: (wait) => wait() };
