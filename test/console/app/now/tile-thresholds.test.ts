import { expect, it } from 'vitest';
import { values } from '../../../../alerts/source/thresholds.ts';
import {
  QUIET_FLOOR_OCTETS_PER_SECOND,
  QUIET_SHARE,
} from '../../../../src/console/app/now/quiet-workloads.ts';
import { NEARLY_FULL } from '../../../../src/console/app/now/saturated-links.ts';

it('The tiles about quiet workloads and full links have the thresholds of the alerts', () => {
  const common = (name: string) => values.thresholds[name]?.value;
  expect({
    quiet_share: QUIET_SHARE,
    quiet_floor: QUIET_FLOOR_OCTETS_PER_SECOND,
    link_utilization_warning: NEARLY_FULL,
  }).toEqual({
    quiet_share: common('quiet_share'),
    quiet_floor: common('quiet_floor'),
    link_utilization_warning: common('link_utilization_warning'),
  });
});
