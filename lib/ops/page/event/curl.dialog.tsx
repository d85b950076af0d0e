import { announce } from '../parts/announcement.js';
import { closeDialog, Dialog, showDialog } from '../parts/dialog.js';

/** Copies the command; where the browser does not let one, since the page came by plain HTTP, it is shown. */
export async function copyCurl(curl: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(curl);
    announce('Copied. It is unsigned, so the application refuses it until you sign it.');
  } catch {
    showDialog(
      <Dialog title="Copy as cURL">
        <p>
          This browser copies for pages that came by HTTPS only; here it is to be copied by hand.
        </p>
        <textarea readOnly rows={8} aria-label="The command" value={curl} />
        <div class="buttons">
          <button type="button" onClick={closeDialog}>
            Close
          </button>
        </div>
      </Dialog>,
    );
  }
}
