import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { SessionFilter, Sort } from '../../api/keys';
import { startChoosing, stopChoosing, useChoosing } from '../../state/chosen';
import { setDensity, useDensity } from '../../state/look';
import { Icon } from '../../ui/Icon';
import { Btn } from '../../ui/parts';
import { Segments } from '../../ui/Segments';
import { SORTS } from './filter';

const SHOWS: readonly [SessionFilter['show'], string][] = [
  ['all', 'All'],
  ['recording', 'Recording'],
  ['working', 'Working'],
  ['ready', 'Ready'],
  ['failed', 'Failed'],
];

const DENSITIES = [
  { value: 'cards', label: 'Cards', shown: <Icon sign="cards" /> },
  { value: 'list', label: 'List', shown: <Icon sign="list" /> },
] as const;

interface Props {
  filter: SessionFilter;
  counts: Record<SessionFilter['show'], number> | undefined;
  onChange: (change: Partial<SessionFilter>) => void;
  onImport: () => void;
}

export function FilterBar({ filter, counts, onChange, onImport }: Props) {
  const density = useDensity();
  const choosing = useChoosing();
  // A state that nothing is in is not worth a button, unless it is the one that is chosen.
  const shown = SHOWS.filter(([show]) => show === 'all' || show === filter.show || counts === undefined || counts[show] > 0);
  return (
    <div className="head sess">
      <h1 className="t-20">Sessions</h1>
      <div className="filters" role="group" aria-label="Show">
        {shown.map(([show, word]) => (
          <button key={show} type="button" aria-pressed={filter.show === show} onClick={() => onChange({ show })}>
            {word} {counts && <b>{counts[show].toLocaleString('en-GB')}</b>}
          </button>
        ))}
      </div>
      <span className="grow" />
      <button type="button" className="pick" aria-pressed={choosing} onClick={choosing ? stopChoosing : startChoosing}>
        Select
      </button>
      <SortMenu sort={filter.sort} onChange={(sort) => onChange({ sort })} />
      <Segments
        className="icons wide"
        label="Density"
        value={density}
        options={DENSITIES}
        onChange={setDensity}
      />
      <Btn look="primary" sign="plus" onPress={onImport}>
        Import
      </Btn>
    </div>
  );
}

function SortMenu({ sort, onChange }: { sort: Sort; onChange: (sort: Sort) => void }) {
  return (
    <MenuTrigger>
      <Button className="pick wide" aria-label={`Sort: ${SORTS[sort]}`}>
        {SORTS[sort]}
        <Icon sign="down" />
      </Button>
      <Popover className="menu-box" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[sort]}
          onSelectionChange={(keys) => {
            const [key] = keys === 'all' ? [] : [...keys];
            if (key !== undefined) onChange(key as Sort);
          }}
        >
          {(Object.keys(SORTS) as Sort[]).map((key) => (
            <MenuItem key={key} id={key} className="menu-item" textValue={SORTS[key]}>
              <span className="tick">{key === sort && <Icon sign="check" />}</span>
              {SORTS[key]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
