/** What can be measured of flows. All are counts that add up over records; rates are made of them. */
export const measures = {
  octets: { unit: 'octets', title: 'octets', description: 'octets of both directions' },
  sentOctets: { unit: 'octets', title: 'octets sent', description: 'octets from source to destination' },
  receivedOctets: {
    unit: 'octets',
    title: 'octets received',
    description: 'octets from destination to source',
  },
  packets: { unit: 'packets', title: 'packets', description: 'packets of both directions' },
  sentPackets: { unit: 'packets', title: 'packets sent', description: 'packets from source to destination' },
  receivedPackets: {
    unit: 'packets',
    title: 'packets received',
    description: 'packets from destination to source',
  },
  flows: { unit: 'flows', title: 'flows', description: 'flows whose first record was stored in this time' },
  deniedFlows: { unit: 'flows', title: 'denied flows', description: 'those of them that a policy denied' },
  unansweredFlows: {
    unit: 'flows',
    title: 'unanswered flows',
    description: 'flows that ended without an answer',
  },
  resetFlows: { unit: 'flows', title: 'reset flows', description: 'TCP connections that were reset' },
  records: { unit: 'records', title: 'records', description: 'records' },
} as const satisfies Record<string, { unit: string; title: string; description: string }>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as MeasureName[];
