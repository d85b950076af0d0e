/**
 * Several texts as one, such that other texts never give the same one: the colon that joins them, and the
 * sign that stands for it, are escaped in each.
 */
export function joinedParts(...parts: readonly string[]): string {
  return parts.map(escapedPart).join(':');
}

/** `text` without a colon; one that holds neither `:` nor `%` stays as it is. */
export function escapedPart(text: string): string {
  return text.replace(/[%:]/g, encodeURIComponent);
}
