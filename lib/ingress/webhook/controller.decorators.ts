import 'reflect-metadata';

/** Nest runs what stands on class and method twice, so these stay where they were put. */
const ENHANCERS = new Set(['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__']);

/**
 * Applies decorators to the one route of a controller and makes their metadata readable on its class
 * too: a guard of the application may look at either.
 */
export function addDecorators(
  controller: { readonly prototype: object },
  method: string,
  decorators: readonly (ClassDecorator | MethodDecorator)[],
): void {
  const { prototype } = controller;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method) as PropertyDescriptor;
  const handler = descriptor.value as object;
  const before = new Set<unknown>(Reflect.getOwnMetadataKeys(handler));
  for (const decorator of [...decorators].reverse()) {
    (decorator as MethodDecorator)(prototype, method, descriptor);
  }
  copyMetadata(handler, controller, (key) => !before.has(key) && !ENHANCERS.has(String(key)));
  // A decorator meant for classes only has written on what it was given as one.
  copyMetadata(prototype, controller, () => true);
}

function copyMetadata(from: object, to: object, wanted: (key: unknown) => boolean): void {
  for (const key of Reflect.getOwnMetadataKeys(from) as unknown[]) {
    if (wanted(key)) Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
  }
}
