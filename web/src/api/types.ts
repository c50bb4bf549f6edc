/** Names for the wire types. Python owns them: everything here is read from the OpenAPI document. */
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Session = Schemas['SessionBody'];
export type WholeSession = Schemas['WholeSession'];
/** How a session's original files play while it has no film. */
export type Playback = Schemas['PlaybackBody'];
/** How a film is offered to a browser that cannot play H.264. */
export type Rendition = Schemas['RenditionBody'];
export type SessionStatus = Schemas['SessionStatus'];
export type Job = Omit<Schemas['JobBody'], 'kind'> & { kind: JobKind };
/** Kinds grow with the backend; one that this page does not know is shown by its name. */
export type JobKind = Schemas['JobKind'] | (string & {});
/** Which track of sound is heard: its number, all of them, or (null) the best. */
export type AudioChoice = Schemas['TrackWish']['audio'];
export type SoundFormat = Schemas['SoundFormat'];
export type JobStatus = Schemas['JobStatus'];
export type Stage = Schemas['StageBody'];
export type Fault = Schemas['FaultBody'];
export type Queue = Schemas['QueueBody'];
/** What a film was found to hold: silence, loudness, changes of its picture. */
export type Analysis = Schemas['AnalysisBody'];
export type Strip = Schemas['StripBody'];
export type Setting = Schemas['SettingBody'];
export type Status = Schemas['StatusBody'];
export type Backup = Schemas['BackupBody'];
export type Hit = Schemas['HitBody'];
export type SearchBy = Schemas['SearchBy'];
export type Transcript = Schemas['TranscriptBody'];
export type Utterance = Schemas['UtteranceBody'];
export type Chapters = Schemas['ChaptersBody'];
export type Summary = Schemas['SummaryBody'];
/** One page to look at instead of a film. */
export type Canvas = Schemas['CanvasBody'];
/** How far finding out about a session is, and what was found. */
export type Enrichment = Schemas['EnrichmentBody'];
export type Models = Schemas['ModelsBody'];
export type Model = Schemas['ModelBody'];
/** What became of looking at a model's files, and of a trial. */
export type ModelCheck = Schemas['CheckBody'];
/** Which of many sessions something is found out about, and which not. */
export type Enriching = Schemas['ManyBody'];
