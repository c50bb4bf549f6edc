/** Find in what is said: how often it is there, and the way from one place to the next. */
import type { RefObject } from 'react';
import { Icon } from '../../../ui/Icon';
import { IconBtn } from '../../../ui/parts';

interface Props {
  field: RefObject<HTMLInputElement | null>;
  words: string;
  onWords: (words: string) => void;
  found: number;
  looked: number;
  onLook: (place: number) => void;
}

export function Find({ field, words, onWords, found, looked, onLook }: Props) {
  const step = (by: number) => found > 0 && onLook((looked + by + found) % found);
  return (
    <>
      <label className="field">
        <Icon sign="search" />
        <input
          ref={field}
          type="text"
          value={words}
          placeholder="Find in what is said"
          aria-label="Find in what is said"
          maxLength={200}
          onChange={(event) => onWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
            else if (event.key === 'Escape' && words !== '') onWords('');
            else return;
            event.preventDefault();
          }}
        />
        <span className="ink-3 t-12 found" role="status">
          {words.trim() !== '' && (found === 0 ? 'Not said' : `${looked + 1} of ${found}`)}
        </span>
      </label>
      {found > 0 && (
        <>
          <IconBtn label="Previous place" sign="left" className="up" onPress={() => step(-1)} />
          <IconBtn label="Next place" sign="down" onPress={() => step(1)} />
        </>
      )}
    </>
  );
}
