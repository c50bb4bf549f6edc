/** Text for the clipboard that comes a moment after the press. */
import { say, sayProblem } from './toasts';

const refused = () => say({ text: 'The browser does not allow copying here.', more: 'Save it as a file instead.' });

/** Copy a text when it is there, and say so. */
export function copyText(coming: Promise<string>): void {
  // A browser wants the copying to begin with the press; what is to be copied may follow.
  const written = new Promise<string>((resolve, reject) => void coming.then(resolve, reject));
  const blob = written.then((words) => new Blob([words], { type: 'text/plain' }));
  coming.then(undefined, sayProblem);
  navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]).then(
    () => say({ text: 'It is copied.' }),
    () => void coming.then(refused, () => undefined),
  );
}
