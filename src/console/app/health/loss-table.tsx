import { formatCount, formatSpan } from '../../../flow/index.ts';
import { shownName } from '../names/index.ts';
import type { HopLoss } from '../process/index.ts';

/** What was dropped, where and why. The ledger counts since the start, so growth says whether it goes on. */
export function LossTable({ losses, sinceMs }: { losses: readonly HopLoss[]; sinceMs: number }) {
  return (
    <section class="card" aria-label="dropped">
      <h2>Dropped</h2>
      {losses.length === 0 ? (
        <p>Nothing was dropped since the start of the process.</p>
      ) : (
        <div class="table-scroll">
          <table class="listing">
            <caption class="unseen">what each account dropped, and why</caption>
            <thead>
              <tr>
                <th scope="col">where</th>
                <th scope="col">why</th>
                <th scope="col" class="number">
                  since the start
                </th>
                <th scope="col" class="number">
                  in the last {formatSpan(sinceMs)}
                </th>
                <th scope="col">kind</th>
              </tr>
            </thead>
            <tbody>
              {losses.map(({ hop, unit, reason, count, growth, isLoss }) => (
                <tr key={`${hop} ${unit} ${reason}`}>
                  <td>
                    <bdi>{shownName(hop)}</bdi>
                  </td>
                  <td>{shownName(reason)}</td>
                  <td class="number">
                    {formatCount(count)} {unit}
                  </td>
                  <td class="number">{growth === 0 ? '' : `+${formatCount(growth)}`}</td>
                  <td>{isLoss ? 'loss' : 'expected'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="soft">
        The ledger keeps no times. An account with expected drops and losses is shown as a loss.
      </p>
    </section>
  );
}
