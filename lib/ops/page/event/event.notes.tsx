import { useState } from 'preact/hooks';
import type { ChangedView, EventView } from '../../api.types.js';
import { ApiProblem, postView } from '../client/api.client.js';
import { ActionButton } from '../parts/action.button.js';
import { announce } from '../parts/announcement.js';
import { Instant } from '../parts/instant.js';
import { Problem } from '../parts/problem.js';

export interface EventNotesProps {
  readonly event: EventView;
  readonly onChanged: () => void;
}

/** What operators have written down about an event. */
export function EventNotes({ event: { id, notes }, onChanged }: EventNotesProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined);
  const add = async (): Promise<void> => {
    setProblem(undefined);
    try {
      await postView<ChangedView>(`events/${encodeURIComponent(id)}/note`, { text });
      setText('');
      announce('The note is kept.');
      onChanged();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    }
  };
  return (
    <section class="card">
      <h2>Notes</h2>
      <ul class="lines">
        {notes.map((note, index) => (
          <li key={index}>
            <p class="note-text">{note.text}</p>
            <small>
              {note.by}, <Instant at={note.at} />
            </small>
          </li>
        ))}
      </ul>
      <label>
        <span>A note</span>
        <textarea
          rows={2}
          maxLength={2_000}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {problem && <Problem problem={problem} />}
      <div class="buttons">
        <ActionButton
          whyNot={text.trim() === '' ? 'Write something first.' : undefined}
          onClick={() => void add()}
        >
          Add the note
        </ActionButton>
      </div>
    </section>
  );
}
