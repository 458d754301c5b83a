/** What can be measured of flows. All are counts that add up over records; rates are made of them. */
export const measures = {
  octets: { unit: 'octets', description: 'octets of both directions' },
  sentOctets: { unit: 'octets', description: 'octets from source to destination' },
  receivedOctets: { unit: 'octets', description: 'octets from destination to source' },
  packets: { unit: 'packets', description: 'packets of both directions' },
  sentPackets: { unit: 'packets', description: 'packets from source to destination' },
  receivedPackets: { unit: 'packets', description: 'packets from destination to source' },
  flows: { unit: 'flows', description: 'flows whose first record was stored in this time' },
  deniedFlows: { unit: 'flows', description: 'those of them that a policy denied' },
  unansweredFlows: { unit: 'flows', description: 'flows that ended without an answer' },
  resetFlows: { unit: 'flows', description: 'TCP connections that were reset' },
  records: { unit: 'records', description: 'records' },
} as const satisfies Record<string, { unit: string; description: string }>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as MeasureName[];
