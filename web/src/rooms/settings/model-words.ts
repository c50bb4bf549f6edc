/** Models in words. */
import type { Model, Setting } from '../../api/types';
import { size } from '../../state/words';

/** What models do, by what they are for. */
export const JOBS: Readonly<Record<string, string>> = {
  speech: 'Writes down what is said',
  meaning: 'Knows what sentences mean',
  reading: 'Reads text on screen',
  speakers: 'Tells speakers apart',
  voice: 'Hears whether somebody speaks',
};

export function speedOf({ speed, speed_unit: unit }: Model): string | null {
  if (speed === null) return null;
  return `${speed < 20 ? speed.toFixed(1) : Math.round(speed).toLocaleString('en-GB')} ${unit} here`;
}

/** Size, languages, licence and speed; what is not known is left out. */
export function factsOf(model: Model): string {
  const unknown = 'as its maker says';
  const facts = [
    size(model.size),
    model.languages === unknown ? null : model.languages === 'any' ? 'any language' : model.languages,
    model.licence === unknown ? `licence ${unknown}` : model.licence,
    speedOf(model),
  ];
  return facts.filter((fact) => fact !== null).join(' · ');
}

/** Settings that the list of models stands for. */
export const CHOOSING: readonly string[] = ['enrich.model', 'enrich.meaning'];

export const isChosenByOwner = ({ name, value }: Setting): boolean => CHOOSING.includes(name) && value !== 'auto';
