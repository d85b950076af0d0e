import type { EventStateView } from '../../api.types.js';

/** On a field of 16 × 16; each a shape of its own, so that colour is never all there is. */
const SHAPES = {
  dead: 'M4.500 4.500l7 7m0-7l-7 7',
  open: 'M8 3a5 5 0 1 0 .01 0z',
  waiting: 'M5.500 4v8m5-8v8',
  running: 'M5.500 3.500l7 4.500-7 4.500z',
  done: 'M3 8.500l3.500 3.500 6.500-8',
  ignored: 'M4 8h8',
  warning: 'M8 2.500l6 11H2zM8 7v3m0 1.800v.2',
} as const satisfies Record<EventStateView | 'warning', string>;

/** Says nothing to a screen reader: a word stands beside it. */
export function Icon({ shape }: { shape: keyof typeof SHAPES }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={SHAPES[shape]} />
    </svg>
  );
}
