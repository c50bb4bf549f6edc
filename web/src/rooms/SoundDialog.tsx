/** The sound of a session as a file: chosen, made while one looks on, then saved. */
import { useEffect, useEffectEvent, useState } from 'react';
import { asProblem, type ProblemBody } from '../api/client';
import { downloadSound } from '../api/media';
import { inWindow, shell } from '../api/shell';
import { useSessionRequests } from '../api/sessions';
import { useJob, useJobRequests } from '../api/work';
import type { Job, Session, SoundFormat } from '../api/types';
import { useJobProgress, withLive } from '../live/progress';
import { doing, figure } from '../state/job-words';
import { attempt, say } from '../state/toasts';
import { DialogBox } from '../ui/DialogBox';
import { Bar, Btn, Trouble } from '../ui/parts';
import { Segments } from '../ui/Segments';

const ENDED: ReadonlySet<Job['status']> = new Set(['completed', 'failed', 'cancelled']);

const FORMATS: Record<SoundFormat, { word: string; why: string }> = {
  m4a: { word: 'M4A', why: 'The film’s own sound, as it is. Nearly every player knows it.' },
  mp3: { word: 'MP3', why: 'Encoded once more, for players that know nothing else.' },
};

/** Let the owner have the file: where they say, or where their browser puts what it downloads. */
function hand(session: Session, key: string): void {
  if (!inWindow()) {
    window.location.assign(downloadSound(session.id, key));
    return;
  }
  attempt(shell.save(session, key), (path) => {
    if (path !== null) say({ text: 'The sound is saved.', more: path });
  });
}

export function SoundDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [format, setFormat] = useState<SoundFormat>('m4a');
  const [number, setNumber] = useState<number | null>(null);
  const [problem, setProblem] = useState<ProblemBody | null>(null);
  const requests = useSessionRequests();
  const job = useJob(number);
  const coming = number !== null && (job === undefined || !ENDED.has(job.status));
  const ask = () => {
    setProblem(null);
    setNumber(null);
    requests.sound(session.id, format).then(
      (asked) => setNumber(asked.id),
      (error: unknown) => setProblem(asProblem(error).body),
    );
  };
  const key: unknown = job?.status === 'completed' ? job.result['key'] : null;
  const finish = useEffectEvent((made: string) => {
    hand(session, made);
    onClose();
  });
  useEffect(() => {
    if (typeof key === 'string') finish(key);
  }, [key]);
  const fault = job?.status === 'failed' ? job.fault : null;
  return (
    <DialogBox title="Save the sound" onClose={onClose}>
      <div className="form">
        {coming ? (
          <Making job={job} />
        ) : (
          <>
            <Segments
              label="Kind of file"
              value={format}
              options={(['m4a', 'mp3'] as const).map((value) => ({ value, shown: FORMATS[value].word }))}
              onChange={setFormat}
            />
            <p className="aside">{FORMATS[format].why}</p>
            {problem && <Trouble title={problem.title} detail={problem.detail} hint={problem.hint} />}
            {fault && <Trouble title="The sound was not saved" detail={fault.message} hint={fault.hint} />}
          </>
        )}
      </div>
      <footer>
        {coming ? (
          <CancelJob number={number} asked={job?.cancel_requested ?? false} />
        ) : (
          <>
            <Btn look="plain" onPress={onClose}>
              Cancel
            </Btn>
            <Btn look="primary" sign="download" onPress={ask}>
              {inWindow() ? 'Save as…' : 'Download'}
            </Btn>
          </>
        )}
      </footer>
    </DialogBox>
  );
}

function Making({ job: read }: { job: Job | undefined }) {
  const live = useJobProgress(read?.id);
  const job = read && withLive(read, live);
  const word = job === undefined || job.status !== 'running' ? 'Waiting for its turn' : doing(job);
  return (
    <div role="status" aria-label="Saving the sound">
      <div className="figures">
        <span>{word}</span>
        <span>{figure(job?.progress ?? 0, job?.seconds_left)}</span>
      </div>
      <Bar value={job?.progress ?? 0} label={word} />
      <p className="aside">You can close this: it goes on, and is here when you save the sound again.</p>
    </div>
  );
}

function CancelJob({ number, asked }: { number: number; asked: boolean }) {
  const requests = useJobRequests();
  return (
    <Btn look="plain" isDisabled={asked} onPress={() => attempt(requests.cancel(number))}>
      {asked ? 'Cancelling' : 'Cancel'}
    </Btn>
  );
}
