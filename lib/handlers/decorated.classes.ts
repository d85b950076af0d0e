/** A class with a handler, whether or not any application makes an instance of it. */
export interface DecoratedClass {
  readonly prototype: object;
  /** Name of the source whose events it handles. */
  readonly source: string;
}

/** Weak, as an application may be made and thrown away many times in one process. */
const remembered: { readonly prototype: WeakRef<object>; readonly source: string }[] = [];

export function rememberDecorated(prototype: object, source: string): void {
  remembered.push({ prototype: new WeakRef(prototype), source });
}

/** All that have been decorated in this process and are still there. */
export function decoratedClasses(): readonly DecoratedClass[] {
  return remembered.flatMap(({ prototype, source }) => {
    const alive = prototype.deref();
    return alive ? [{ prototype: alive, source }] : [];
  });
}
