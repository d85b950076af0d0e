import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { diagnose } from '../../lib/core/index.js';

const CHANNEL = 'armox-armalo:refused';
const heard: unknown[] = [];
const listen = (message: unknown) => void heard.push(message);

afterEach(() => {
  unsubscribe(CHANNEL, listen);
  heard.length = 0;
});

describe('a diagnostic message', () => {
  it('is not even made while nobody listens', () => {
    let made = 0;
    const message = () => {
      made++;
      return { source: 'armalo', reason: 'rejected' } as const;
    };
    diagnose('refused', message);
    expect(made).toBe(0);
    subscribe(CHANNEL, listen);
    diagnose('refused', message);
    unsubscribe(CHANNEL, listen);
    diagnose('refused', message);
    expect(made).toBe(1);
  });

  it('goes to the channel of its step', () => {
    subscribe(CHANNEL, listen);
    diagnose('refused', () => ({ source: 'armalo', reason: 'rejected' }));
    expect(heard).toEqual([{ source: 'armalo', reason: 'rejected' }]);
  });
});
