/** How a webhook may be answered. */
export const VARIANTS = ['plain', 'hand-written', 'module', 'module-with-worker'] as const;
export type Variant = (typeof VARIANTS)[number];

export const VARIANT_TEXTS: Readonly<Record<Variant, string>> = {
  plain: 'bare Nest route: JSON parsed, 200',
  'hand-written': 'hand-written: guard, ValidationPipe, one INSERT',
  module: 'this module, `worker: false`',
  'module-with-worker': 'this module, worker and an empty handler',
};
