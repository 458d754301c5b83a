import { eventObjectText } from '../../../flow/index.ts';
import { linkTo } from '../address/index.ts';
import { useEvents } from '../events/index.ts';
import { Name } from '../names/index.ts';
import { aroundRange, localText } from '../time/index.ts';
import { Tile, TileRows } from './tile.tsx';

const explored = { page: 'explore', last: undefined, picture: 'stacked', events: undefined };

/** What happened in these minutes, the newest first; each leads to the traffic around it. */
export function EventsTile({ span }: { span: string }) {
  const { answer, fault } = useEvents({ since: span, until: 'now', search: '' });
  const events = answer?.events.toReversed() ?? [];
  return (
    <Tile title="Events" link={{ ...explored, from: span, to: undefined }}>
      {answer === undefined ? (
        <p class="soft">{fault === undefined ? 'Asking …' : `Events are not known: ${fault}`}</p>
      ) : (
        <TileRows rows={events} most={6} none="Nothing happened that Weir knows of.">
          {(event) => {
            const timeMs = Date.parse(event.time);
            return (
              <>
                <a
                  class="pair"
                  href={linkTo({ ...explored, ...aroundRange(timeMs, timeMs, Date.now()) })}
                  title={localText(timeMs)}
                >
                  <Name value={event.reason} />
                </a>
                <span class="pair-count">
                  <Name value={eventObjectText(event)} />
                </span>
                <span class="pair-change soft">
                  {localText(Math.floor(timeMs / 1_000) * 1_000).slice(11)}
                </span>
              </>
            );
          }}
        </TileRows>
      )}
    </Tile>
  );
}
