/** The transcript as a file, and listening once more. */
import { useState } from 'react';
import { send } from '../../../api/client';
import { saveText } from '../../../api/save';
import { ENDINGS, transcriptAddress, useTranscriptRequests, type Ending } from '../../../api/transcript';
import type { Session } from '../../../api/types';
import { useSettings } from '../../../api/work';
import { copyText } from '../../../state/copy';
import { attempt, say } from '../../../state/toasts';
import { clock } from '../../../state/words';
import { DialogBox } from '../../../ui/DialogBox';
import { Icon } from '../../../ui/Icon';
import { Btn } from '../../../ui/parts';
import { Segments } from '../../../ui/Segments';

const NAMES: Record<Ending, string> = { srt: 'SRT', vtt: 'VTT', txt: 'Text', md: 'Markdown', json: 'JSON' };
const [SHORTEST, LONGEST] = [10, 1000];

export function SaveDialog({ session, version, onClose }: { session: Session; version: number; onClose: () => void }) {
  const [ending, setEnding] = useState<Ending>('srt');
  const [line, setLine] = useState('');
  const length = line === '' ? null : Number(line);
  const fits = length === null || (Number.isInteger(length) && length >= SHORTEST && length <= LONGEST);
  const save = () => {
    saveText(session, { kind: 'transcript', ending, version, line: length });
    onClose();
  };
  const copy = () => {
    copyText(send('GET', transcriptAddress(session.id, ending, version, length)).then((answer) => answer.text()));
    onClose();
  };
  const captions = ending === 'srt' || ending === 'vtt';
  return (
    <DialogBox title="Save the transcript" onClose={onClose}>
      <div className="form save-words">
        <Segments label="As" value={ending} options={ENDINGS.map((one) => ({ value: one, shown: NAMES[one] }))} onChange={setEnding} />
        {ending !== 'json' && (
          <label>
            <span className="lab-l">Longest line, in characters</span>
            <input
              className="input"
              inputMode="numeric"
              value={line}
              placeholder={captions ? '42' : 'any length'}
              aria-invalid={!fits}
              onChange={(event) => setLine(event.currentTarget.value.trim())}
            />
            {!fits && (
              <span className="problem">
                <Icon sign="fault" />
                {`A whole number from ${SHORTEST} to ${LONGEST}.`}
              </span>
            )}
          </label>
        )}
        {ending === 'json' && <p className="ink-3">Every word with its times.</p>}
      </div>
      <footer>
        <Btn look="plain" onPress={onClose}>
          Cancel
        </Btn>
        <Btn sign="copy" isDisabled={!fits} onPress={copy}>
          Copy
        </Btn>
        <Btn look="primary" sign="download" isDisabled={!fits} onPress={save}>
          Save
        </Btn>
      </footer>
    </DialogBox>
  );
}

const MODELS: Record<string, string> = {
  'whisper-base': 'Whisper base, 99 languages',
  'whisper-tiny.en': 'Whisper tiny, English, faster',
};
const LANGUAGES = ['ar', 'cs', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'he', 'hi', 'hu', 'it', 'ja', 'ko', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'tr', 'uk', 'vi', 'zh'];
const named = new Intl.DisplayNames('en', { type: 'language' });

export function AgainDialog({ id, span, onClose }: { id: string; span: { start: number; end: number } | null; onClose: () => void }) {
  const [part, setPart] = useState<'part' | 'all'>(span === null ? 'all' : 'part');
  const [model, setModel] = useState('');
  const [language, setLanguage] = useState('');
  const [speakers, setSpeakers] = useState('');
  const requests = useTranscriptRequests(id);
  const chosen = useSettings().data?.find((one) => one.name === 'enrich.model')?.value;
  // A model of the owner's own, named in the settings, is offered beside those that come with an install.
  const models = [...new Set([...Object.keys(MODELS), ...(chosen && chosen !== 'auto' ? [chosen] : [])])];
  const again = () => {
    const stretch = part === 'part' && span !== null ? span : { start: null, end: null };
    onClose();
    attempt(requests.again({ ...stretch, model: model || null, language: language || null, speakers: speakers === '' ? null : Number(speakers) }), () =>
      say({ text: 'Rushes listens once more. What is there stays until it is done.' }),
    );
  };
  return (
    <DialogBox title="Hear again" onClose={onClose}>
      <div className="form save-words">
        {span !== null && (
          <Segments
            label="What"
            value={part}
            options={[
              { value: 'part', shown: `${clock(span.start)} to ${clock(span.end)}` },
              { value: 'all', shown: 'All of it' },
            ]}
            onChange={setPart}
          />
        )}
        <label>
          <span className="lab-l">Model</span>
          <select className="input" value={model} onChange={(event) => setModel(event.currentTarget.value)}>
            <option value="">As in the settings</option>
            {models.map((one) => (
              <option key={one} value={one}>
                {MODELS[one] ?? one}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="lab-l">Language</span>
          <select className="input" value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
            <option value="">As in the settings</option>
            {LANGUAGES.map((one) => (
              <option key={one} value={one}>
                {named.of(one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="lab-l">People who speak</span>
          <select className="input" value={speakers} onChange={(event) => setSpeakers(event.currentTarget.value)}>
            <option value="">{part === 'part' ? 'As around it' : 'As in the settings'}</option>
            <option value="0">Not told apart</option>
            {['2', '3', '4', '5', '6', '7', '8'].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <p className="ink-3">The version before stays; you can compare them.</p>
      </div>
      <footer>
        <Btn look="plain" onPress={onClose}>
          Cancel
        </Btn>
        <Btn look="primary" onPress={again}>
          Hear again
        </Btn>
      </footer>
    </DialogBox>
  );
}
