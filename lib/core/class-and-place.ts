/** Of what was thrown by a function that had the payload: the message may quote it. */
export function classAndPlace(error: unknown): string {
  if (!(error instanceof Error)) return 'a value that is no Error';
  const { message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  const place = /^\s+(at .+)$/m.exec(frames)?.[1];
  return `${error.constructor.name}${place === undefined ? '' : ` ${place}`}`;
}
