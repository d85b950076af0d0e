import { signal } from '@preact/signals';

const announcement = signal('');

/** Tells what has been done, to eyes and screen readers alike. */
export const announce = (text: string): void => void (announcement.value = text);

export function Announcement() {
  const text = announcement.value;
  return (
    <div class={text === '' ? 'unseen' : 'announcement'}>
      <p role="status">{text}</p>
      {text !== '' && (
        <button type="button" aria-label="Hide the message" onClick={() => announce('')}>
          ×
        </button>
      )}
    </div>
  );
}
