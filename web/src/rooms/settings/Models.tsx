/** What finds out what is in sessions: which models there are, and which of them work. */
import { useState } from 'react';
import { asProblem } from '../../api/client';
import { useModelRequests, useModels } from '../../api/models';
import type { Model, ModelCheck, Setting } from '../../api/types';
import { useLibraryRequests } from '../../api/work';
import { forgetModel, useVerifying } from '../../live/verifying';
import { attempt, say, sayProblem } from '../../state/toasts';
import { percent } from '../../state/words';
import { Bar, Btn, State, Trouble } from '../../ui/parts';
import { AddModelDialog } from './AddModelDialog';
import { factsOf, isChosenByOwner, JOBS } from './model-words';

export function Models({ settings }: { settings: readonly Setting[] }) {
  const models = useModels();
  const [adding, setAdding] = useState(false);
  const problem = models.isError ? asProblem(models.error).body : null;
  const { endpoint = null, endpoint_model: who = null } = models.data ?? {};
  return (
    <section className="block" aria-label="Models">
      <h2 className="strong">Models</h2>
      <p className="note">They work on this computer, and none is ever fetched by itself.</p>
      {problem && (
        <Trouble title={problem.title} detail={problem.detail} hint={problem.hint}>
          <Btn sign="retry" onPress={() => void models.refetch()}>
            Try again
          </Btn>
        </Trouble>
      )}
      <ul>
        {models.data?.models.map((model) => (
          <Row key={model.name} model={model} />
        ))}
      </ul>
      {endpoint !== null && (
        <div className="setting">
          <span className="grow">
            <span className="name">{who}</span>
            <span className="help">
              Writes the summaries at <code className="path">{endpoint}</code>. What is said is sent there.
            </span>
          </span>
          <State mood="done">In use</State>
        </div>
      )}
      <div className="foot">
        <Btn sign="folder" onPress={() => setAdding(true)}>
          Add a folder…
        </Btn>
        <BestAgain settings={settings} />
      </div>
      {adding && <AddModelDialog onClose={() => setAdding(false)} />}
    </section>
  );
}

/** Back to the best there is, where the owner chose otherwise. */
function BestAgain({ settings }: { settings: readonly Setting[] }) {
  const { set } = useLibraryRequests();
  const models = useModels();
  const chosen = settings.filter(isChosenByOwner);
  if (chosen.length === 0) return null;
  const reset = async () => {
    for (const setting of chosen) await set(setting.name, null);
    await models.refetch();
  };
  return (
    <Btn look="plain" onPress={() => attempt(reset(), () => say({ text: 'The best there is are used.' }))}>
      Let Rushes choose
    </Btn>
  );
}

function Row({ model }: { model: Model }) {
  const requests = useModelRequests();
  const [busy, setBusy] = useState(false);
  const [verifying, setVerifying] = useState<AbortController | null>(null);
  const [check, setCheck] = useState<ModelCheck | null>(null);
  const run = <T,>(work: Promise<T>, then: (value: T) => void) => {
    setBusy(true);
    attempt(
      work.finally(() => setBusy(false)),
      then,
    );
  };
  const verify = () => {
    const ending = new AbortController();
    forgetModel(model.name);
    setCheck(null);
    setVerifying(ending);
    requests
      .verify(model.name, ending.signal)
      .then(setCheck, (error: unknown) => {
        if (!ending.signal.aborted) sayProblem(error);
      })
      .finally(() => setVerifying(null));
  };
  return (
    <li className="setting model">
      <span className="grow">
        <span className="name cut" dir="auto">
          {model.title}
        </span>
        <span className="help">
          {JOBS[model.purpose] ?? model.purpose}. {factsOf(model)}
        </span>
        {model.folder !== null && <span className="help path">{model.folder}</span>}
        {model.offer !== '' && <span className="help">{model.offer}</span>}
        {check && <Checked check={check} />}
        {verifying && <Verifying model={model} />}
      </span>
      {model.in_use && <State mood="done">In use</State>}
      {!model.installed && (
        <State mood="waiting" sign="minus">
          Not here
        </State>
      )}
      <span className="acts">
        {model.installed && !model.in_use && model.setting !== null && (
          <Btn
            small
            aria-label={`Use ${model.title}`}
            isDisabled={busy}
            onPress={() => run(requests.use(model.name), () => say({ text: `${model.title} is used from now on.` }))}
          >
            Use
          </Btn>
        )}
        {(model.installed || model.folder !== null) && (
          <Btn
            small
            aria-label={`${verifying ? 'Stop verifying' : 'Verify'} ${model.title}`}
            isDisabled={busy}
            onPress={() => (verifying ? verifying.abort() : verify())}
          >
            {verifying ? 'Stop' : 'Verify'}
          </Btn>
        )}
        {model.folder !== null && (
          <Btn
            small
            look="plain"
            aria-label={`Forget ${model.title}`}
            isDisabled={busy || verifying !== null}
            onPress={() => run(requests.forget(model.name), () => say({ text: `${model.title} is forgotten. Its folder is as it was.` }))}
          >
            Forget
          </Btn>
        )}
      </span>
    </li>
  );
}

/** Its files first, by their bytes; then it works for some seconds. */
function Verifying({ model }: { model: Model }) {
  const done = useVerifying(model.name);
  return (
    <span className="verifying">
      <span className="help">
        {done < 0.5 ? 'Comparing its files' : 'Letting it work'} · {percent(done)}
      </span>
      <Bar value={done} label={`Verifying ${model.title}`} />
    </span>
  );
}

function Checked({ check }: { check: ModelCheck }) {
  if (check.fault === null) {
    return (
      <span className="help" role="status">
        {check.files.length === 1 ? 'Its file is the right one.' : 'All its files are the right ones.'}
      </span>
    );
  }
  const wrong = check.files.flatMap(({ fault }) => fault ?? []);
  return (
    <span className="problem" role="alert">
      {(wrong.length > 0 ? wrong : [check.fault]).map((fault) => `${fault.message} `)}
      {check.fault.hint}
    </span>
  );
}
