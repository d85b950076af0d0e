/**
 * What the module needs of an AbortSignal, which is one of these. A real one costs more than all else about an
 * event with a quick handler, so what may abort but hardly ever does is an `Aborter`.
 */
export interface Abortable {
  readonly aborted: boolean;
  /** Why; undefined as long as it has not aborted. */
  readonly reason: unknown;
  /** @throws the reason */
  throwIfAborted(): void;
  /** @param listener called once, at the abort; never where it has aborted already */
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export class Aborter implements Abortable {
  private readonly listeners = new Set<() => void>();
  private why: { readonly reason: Error } | undefined;

  get aborted(): boolean {
    return this.why !== undefined;
  }

  get reason(): Error | undefined {
    return this.why?.reason;
  }

  /** Once; what comes later changes nothing. */
  abort(reason: Error): void {
    if (this.why) return;
    this.why = { reason };
    for (const listener of [...this.listeners]) listener();
    this.listeners.clear();
  }

  throwIfAborted(): void {
    if (this.why) throw this.why.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.why) this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }
}
