import { useEffect, useState } from 'preact/hooks';
import { type EventsAnswer, eventObjectText, type KeptEvent } from '../../../flow/index.ts';
import { address, changeAddress, showTime } from '../address/index.ts';
import type { Feed } from '../answer/index.ts';
import { Name, shownName } from '../names/index.ts';
import { EventShape } from '../pictures/index.ts';
import { aroundRange, localText } from '../time/index.ts';

/** Rows of the list; a search finds the others. */
const MOST_ROWS = 200;

/** The words that events are searched for, from the address. */
export const searchedEvents = (): string => address.value.get('events') ?? '';

/** The events of a time as a list, and a field that searches them. A row shows the time around its event. */
export function EventPanel({ feed: { answer, fault } }: { feed: Feed<EventsAnswer> }) {
  return (
    <section class="card events" aria-label="events">
      <div class="events-head">
        <h2>What happened</h2>
        <SearchField />
      </div>
      {fault !== undefined && <p class="soft">Events are not known: {fault}</p>}
      {answer !== undefined && <EventList {...answer} />}
    </section>
  );
}

function SearchField() {
  const search = searchedEvents();
  const [text, setText] = useState(search);
  useEffect(() => setText(search), [search]);
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          changeAddress({ events: text.trim() });
        }}
      >
        <input
          class="field events-field"
          type="search"
          aria-label="search events"
          placeholder="search events; for example: oomkilled cart"
          maxLength={256}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
            event.stopPropagation();
          }}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
        <button type="submit" class="button">
          Search
        </button>
      </form>
    </search>
  );
}

function EventList({ events, isCut, keptSince, damagedLines, unreadableFiles = [] }: EventsAnswer) {
  const shown = events.slice(-MOST_ROWS).toReversed();
  return (
    <>
      <p class="soft" role="status">
        {countText(events.length, isCut)}
        {events.length > shown.length && ` The newest ${shown.length} are listed.`}
        {keptSince !== undefined && ` Events are kept since ${localText(Date.parse(keptSince))}.`}
        {damagedLines > 0 && ` ${damagedLines} damaged lines of the files are left out.`}
        {unreadableFiles.map((file) => ` Left out ${file}.`)}
      </p>
      {shown.length > 0 && (
        <ul class="events-list">
          {shown.map((event, place) => (
            <li key={`${event.time} ${place}`}>
              <EventRow event={event} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function countText(count: number, isCut: boolean): string {
  const words = searchedEvents();
  const those = words === '' ? '' : ` with “${words}”`;
  if (count === 0) return `No event${those} at this time.`;
  return `${isCut ? 'More than ' : ''}${count} ${count === 1 ? 'event' : 'events'}${those}.`;
}

function EventRow({ event }: { event: KeptEvent }) {
  const { time, kind, type, reason, message } = event;
  const timeMs = Date.parse(time);
  return (
    <button
      type="button"
      class={`event-row ${type.toLowerCase()}`}
      title="Show the time around it"
      onClick={() => showTime(aroundRange(timeMs, timeMs, Date.now()))}
    >
      <time dateTime={time}>{localText(Math.floor(timeMs / 1_000) * 1_000)}</time>
      <svg class="event-sign" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
        <EventShape kind={kind} type={type} />
      </svg>
      {type === 'Warning' && <span class="unseen">warning:</span>}
      <span class="event-kind soft">{kind}</span>
      <strong>{shownName(reason)}</strong>
      <span>
        <Name value={eventObjectText(event)} />
      </span>
      <span class="event-message">
        <bdi>{shownName(message)}</bdi>
      </span>
    </button>
  );
}
