/** Home: every session, by day; found by title, sorted, filtered, as cards or as a list. */
import { useCallback, useMemo, useState } from 'react';
import { asProblem } from '../../api/client';
import { useCounts, useSessions } from '../../api/sessions';
import type { SessionFilter } from '../../api/keys';
import { useChoosing } from '../../state/chosen';
import { useDensity } from '../../state/look';
import { useNow } from '../../state/now';
import { count } from '../../state/words';
import { Btn, Trouble } from '../../ui/parts';
import { useTitle } from '../../ui/useTitle';
import { ImportDialog } from '../import/ImportDialog';
import { useDrop } from '../import/useDrop';
import { Bones } from './Bones';
import { ChosenBar } from './ChosenBar';
import { Empty } from './Empty';
import { FilterBar } from './FilterBar';
import { useFilter } from './filter';
import { Shelf } from './Shelf';

export function Sessions() {
  const [filter, setFilter] = useFilter();
  const [importing, setImporting] = useState(false);
  const density = useDensity();
  const now = useNow(60_000);
  const list = useSessions(filter);
  const counts = useCounts(filter.q);
  const closeImport = useCallback(() => setImporting(false), []);
  const over = useDrop(closeImport);
  useTitle('Sessions');
  const sessions = useMemo(() => list.data?.pages.flatMap((page) => page.sessions) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  const choosing = useChoosing();
  const plain = filter.q === '' && filter.show === 'all';
  const dialog = importing && <ImportDialog onClose={closeImport} />;
  const drop = over && <DropHere />;

  if (list.isSuccess && total === 0 && plain) {
    return (
      <>
        <Empty onImport={() => setImporting(true)} />
        {dialog}
        {drop}
      </>
    );
  }
  return (
    <main id="main" tabIndex={-1} className={density === 'list' ? 'as-list' : ''}>
      {list.isPending && plain ? (
        // Whether there are any is not known yet: an empty library has no such bar.
        <div className="head sess unread" />
      ) : (
        <FilterBar filter={filter} counts={counts.data} onChange={setFilter} onImport={() => setImporting(true)} />
      )}
      {choosing && <ChosenBar sessions={sessions} />}
      <Body list={list} filter={filter} onClear={() => setFilter({ q: '', show: 'all' })}>
        <p className="hidden" role="status">
          {filter.q !== '' && list.isSuccess ? count(total, 'session found', 'sessions found') : ''}
        </p>
        <Shelf
          sessions={sessions}
          now={now}
          sort={filter.sort}
          density={density}
          more={list.hasNextPage && !list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Body>
      {dialog}
      {drop}
    </main>
  );
}

interface BodyProps {
  list: ReturnType<typeof useSessions>;
  filter: SessionFilter;
  onClear: () => void;
  children: React.ReactNode;
}

function Body({ list, filter, onClear, children }: BodyProps) {
  if (list.isPending) return <Bones />;
  if (list.isError && list.data === undefined) {
    const { title, detail, hint } = asProblem(list.error).body;
    return (
      <div className="in-page">
        <Trouble title={title} detail={detail} hint={hint}>
          <Btn sign="retry" onPress={() => void list.refetch()}>
            Try again
          </Btn>
        </Trouble>
      </div>
    );
  }
  if ((list.data.pages[0]?.total ?? 0) === 0) {
    return (
      <div className="in-page none" role="status">
        <p className="strong">{filter.q === '' ? 'None of these at the moment.' : `No title holds “${filter.q}”.`}</p>
        <div className="foot">
          <Btn onPress={onClear}>Show all sessions</Btn>
        </div>
      </div>
    );
  }
  return children;
}

function DropHere() {
  return (
    <div className="drop-here" role="status">
      <p className="t-20">Let go to import</p>
      <p>A folder, or a video with its sound, becomes one session.</p>
    </div>
  );
}
