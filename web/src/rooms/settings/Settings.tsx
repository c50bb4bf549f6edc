/** What the owner can choose. Every row of the backend's table is here; words are ours where we know it. */
import { useId, useState } from 'react';
import { asProblem } from '../../api/client';
import { inWindow, shell } from '../../api/shell';
import { useModels } from '../../api/models';
import { useBackups, useLibraryRequests, useSettings, useStatus } from '../../api/work';
import type { Setting } from '../../api/types';
import { setTheme, useTheme } from '../../state/look';
import { useNow } from '../../state/now';
import { attempt, say, sayProblem } from '../../state/toasts';
import { size, when } from '../../state/words';
import { Btn, Trouble } from '../../ui/parts';
import { Segments } from '../../ui/Segments';
import { useTitle } from '../../ui/useTitle';
import { Bin } from './Bin';
import { Models } from './Models';
import { EndpointRow } from './EndpointRow';
import { groupsOf, helpOf, titleOf } from './groups';
import { ChoiceRow, hasChoices, QuietRow } from './NotifyRows';
import { NumberRow } from './NumberRow';

export function Settings() {
  useTitle('Settings');
  const settings = useSettings();
  return (
    <main id="main" tabIndex={-1} className="settings">
      <h1 className="t-20">Settings</h1>
      <Look />
      {settings.isPending && (
        <div role="status" aria-label="Reading the settings">
          <div className="bone bone-block" />
          <div className="bone bone-block" />
        </div>
      )}
      {settings.isError && (
        <Trouble title={asProblem(settings.error).body.title} detail={asProblem(settings.error).body.detail} hint={asProblem(settings.error).body.hint}>
          <Btn sign="retry" onPress={() => void settings.refetch()}>
            Try again
          </Btn>
        </Trouble>
      )}
      {groupsOf(settings.data ?? []).map((group) => (
        <section key={group.title} className="block" aria-label={group.title}>
          <h2 className="strong">{group.title}</h2>
          {group.note && <p className="note">{group.note}</p>}
          {group.settings.map((setting) => (
            <Row key={setting.name} setting={setting} />
          ))}
        </section>
      ))}
      {settings.data && <Models settings={settings.data} />}
      <Bin />
      <Backups />
      {inWindow() && <Leaving />}
      <About />
    </main>
  );
}

function Row({ setting }: { setting: Setting }) {
  const { set } = useLibraryRequests();
  const [busy, setBusy] = useState(false);
  const change = (value: string) => {
    setBusy(true);
    set(setting.name, value).catch(sayProblem).finally(() => setBusy(false));
  };
  const label = titleOf(setting.name);
  const id = useId();
  if (hasChoices(setting.name)) return <ChoiceRow name={setting.name} setting={setting} busy={busy} onChange={change} />;
  if (setting.name === 'notify.quiet') return <QuietRow setting={setting} busy={busy} onChange={change} />;
  if (setting.name === 'enrich.endpoint') return <EndpointRow key={setting.value} setting={setting} busy={busy} onChange={change} />;
  if (setting.default === 'on' || setting.default === 'off') {
    return (
      <label className="setting switch">
        <span className="grow">
          <span className="name" id={`${id}-name`}>
            {label}
          </span>
          <span className="help" id={`${id}-help`}>
            {helpOf(setting)}
          </span>
        </span>
        <input
          type="checkbox"
          role="switch"
          aria-labelledby={`${id}-name`}
          aria-describedby={`${id}-help`}
          checked={setting.value === 'on'}
          disabled={busy}
          onChange={(event) => change(event.currentTarget.checked ? 'on' : 'off')}
        />
        <span className="track" aria-hidden="true">
          <i />
        </span>
      </label>
    );
  }
  return <NumberRow key={setting.value} label={label} setting={setting} busy={busy} onChange={change} />;
}

const THEMES = [
  { value: 'system', shown: 'System' },
  { value: 'light', shown: 'Light' },
  { value: 'dark', shown: 'Dark' },
] as const;

function Look() {
  const theme = useTheme();
  return (
    <section className="block" aria-label="Look">
      <h2 className="strong">Look</h2>
      <div className="setting">
        <span className="grow">
          <span className="name">Theme</span>
          <span className="help">Remembered by this browser.</span>
        </span>
        <Segments label="Theme" value={theme} options={THEMES} onChange={setTheme} />
      </div>
    </section>
  );
}

function Backups() {
  const backups = useBackups();
  const now = useNow(60_000);
  const { backUp } = useLibraryRequests();
  if (backups.isError) return null;
  const [newest] = backups.data ?? [];
  return (
    <section className="block" aria-label="Backups">
      <h2 className="strong">Backups</h2>
      <div className="setting">
        <span className="grow">
          <span className="name">{newest ? `Last one ${when(new Date(newest.taken_at), now)}, ${size(newest.size)}` : 'None yet'}</span>
          <span className="help">
            Of the library, not of the films. <code className="path">rushes backup</code> lists them and puts one back.
          </span>
        </span>
        <Btn onPress={() => attempt(backUp(), () => say({ text: 'The library is backed up.' }))}>Back up now</Btn>
      </div>
    </section>
  );
}

function Leaving() {
  return (
    <section className="block" aria-label="Window">
      <h2 className="strong">Window</h2>
      <div className="setting">
        <span className="grow">
          <span className="name">Quit for good</span>
          <span className="help">
            Closing the window leaves the work going. Quitting stops it too, until you open Rushes again. Ctrl Q does the same.
          </span>
        </span>
        <Btn onPress={() => attempt(shell.close(true))}>Quit Rushes</Btn>
      </div>
    </section>
  );
}

function About() {
  const status = useStatus();
  const models = useModels();
  if (status.data === undefined) return null;
  const { version, data, films, reports } = status.data;
  const endpoint = models.data?.endpoint ?? null;
  const leaves = endpoint === null ? 'Nothing leaves this computer.' : `What is said is sent to ${endpoint}. Nothing else leaves this computer.`;
  return (
    <section className="block last" aria-label="About">
      <h2 className="strong">About</h2>
      <dl className="facts">
        <div>
          <dt>Rushes</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>Films</dt>
          <dd className="path">{films}</dd>
        </div>
        <div>
          <dt>Library</dt>
          <dd className="path">{data}</dd>
        </div>
        {reports.length > 0 && (
          <div>
            <dt>Mended</dt>
            <dd>{reports.join(' ')}</dd>
          </div>
        )}
      </dl>
      <p className="note">{leaves} The API is described at <a className="link" href="/api/openapi.json">/api/openapi.json</a>.</p>
    </section>
  );
}
