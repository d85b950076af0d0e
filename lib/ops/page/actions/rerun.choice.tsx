/** Whether handlers that have succeeded run again. */
export function RerunChoice({ onChange }: { onChange: (rerunAll: boolean) => void }) {
  return (
    <label class="choice">
      <input type="checkbox" onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      <span>
        Run handlers again that have succeeded
        <small>Their effects happen once more.</small>
      </span>
    </label>
  );
}
