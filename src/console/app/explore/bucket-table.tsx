import { useState } from 'preact/hooks';
import type { MeasureName } from '../../../flow/index.ts';
import { exactText, measureText } from '../counts/index.ts';
import { type DrawnGroup, groupTitle } from '../groups/index.ts';
import { bucketText, type TimeBuckets, unknownBecause } from '../pictures/index.ts';

interface BucketTableParts {
  readonly groups: readonly DrawnGroup[];
  readonly buckets: TimeBuckets;
  readonly measure: MeasureName;
}

/** The counts of each bucket, for those who do not see the picture. Made when it is opened. */
export function BucketTable({ groups, buckets, measure }: BucketTableParts) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="buckets" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Counts of each time</summary>
      {isOpen && (
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">time</th>
                {groups.map((group) => (
                  <th scope="col" key={groupTitle(group)}>
                    <bdi>{groupTitle(group)}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: buckets.count }, (_, bucket) => {
                const why = unknownBecause(buckets, bucket);
                return (
                  <tr key={bucketText(buckets, bucket)}>
                    <th scope="row">{bucketText(buckets, bucket)}</th>
                    {groups.map((group) => {
                      const count = group.series[bucket] ?? 0n;
                      return (
                        <td
                          key={groupTitle(group)}
                          title={exactText(measure, count)}
                          data-count={String(count)}
                        >
                          {count === 0n && why !== undefined ? why : measureText(measure, count)}
                        </td>
                      );
                    })}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
