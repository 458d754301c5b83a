import type { ExportProtocol } from '../../src/ipfix/index.ts';
import { MessageOctets } from '../support/message-octets.ts';
import type { Random } from '../support/random.ts';
import { ethernet, flowSample, ipv4, rawHeader, sflow, sflowPart } from '../support/sflow-octets.ts';

/*
 * Messages as long as they can be, whose content costs as much as it can. Each kind is one session's begin.
 */

/** The most octets of sets: those of a datagram over IPv4. */
const MOST_OCTETS = 65_507 - 24;
const PRIVATE = 5_610;
const VARIABLE = 65_535;

type Field = readonly [element: number, octets: number, enterprise?: number];

/** Sets of IPFIX or NetFlow v9. */
class Sets {
  readonly octets = new MessageOctets();
  readonly #isV9: boolean;

  constructor(protocol: ExportProtocol) {
    this.#isV9 = protocol === 'netflow-v9';
  }

  /** Appends a set of what `fill` writes. */
  set(id: number, fill: (content: MessageOctets) => void): this {
    const content = new MessageOctets();
    fill(content);
    const wireId = this.#isV9 && id < 256 ? id - 2 : id;
    this.octets
      .number('set id', 2, wireId)
      .number('set length', 2, content.length + 4)
      .append(content);
    return this;
  }

  template(id: number, fields: readonly Field[], scope = 0): this {
    return this.set(scope > 0 ? 3 : 2, (content) => writeTemplate(content, id, fields, scope, this.#isV9));
  }

  get isV9(): boolean {
    return this.#isV9;
  }
}

function writeTemplate(
  into: MessageOctets,
  id: number,
  fields: readonly Field[],
  scope: number,
  isV9: boolean,
): void {
  into.number('template id', 2, id);
  if (isV9 && scope > 0)
    into.number('field count', 2, 4 * scope).number('field count', 2, 4 * (fields.length - scope));
  else into.number('field count', 2, fields.length);
  if (!isV9 && scope > 0) into.number('field count', 2, scope);
  for (const [element, octets, enterprise] of fields) {
    const hasEnterprise = enterprise !== undefined && !isV9;
    into.number('element', 2, hasEnterprise ? element | 0x8000 : element).number('field length', 2, octets);
    if (hasEnterprise) into.number('enterprise', 4, enterprise);
  }
}

/** Calls with 0, 1 … as long as parts of this many octets fit. */
function fillUp(partOctets: number, write: (n: number) => void, most = MOST_OCTETS - 64): void {
  for (let n = 0; (n + 1) * partOctets <= most; n++) write(n);
}

const ends: readonly Field[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
];
const END_OCTETS = 13;

type MakeSets = (sets: () => Sets, random: Random) => void;

const makers = {
  'tiny flows': (sets, random) => {
    sets().template(256, [[8, 4]]);
    sets().set(256, (content) => content.put('value', random.octets(64_000)));
  },
  'many flows': (sets, random) => {
    sets().template(256, ends);
    for (let n = 0; n < 2; n++)
      sets().set(256, (content) => content.put('value', random.octets(END_OCTETS * 5_000)));
  },
  'records of one octet': (sets, random) => {
    sets().template(256, [[4, 1]]);
    sets().set(256, (content) => content.put('value', random.octets(64_000)));
  },
  'tiny sets': (sets) => {
    const all = sets();
    fillUp(4, (n) => void all.set(300 + (n % 60_000), () => {}));
  },
  'sets of one record': (sets, random) => {
    const all = sets()
      .template(256, ends)
      .template(257, [
        [8, 4],
        [4, 1],
      ]);
    fillUp(
      4 + END_OCTETS,
      (n) =>
        void all.set(256 + (n % 2), (content) =>
          content.put('value', random.octets(n % 2 === 0 ? END_OCTETS : 5)),
        ),
      60_000,
    );
  },
  'many templates': (sets) => {
    const all = sets();
    all.set(2, (content) =>
      fillUp(8, (n) => writeTemplate(content, 256 + n, [[1 + (n % 400), 4]], 0, all.isV9)),
    );
  },
  'a template that changes': (sets) => {
    const all = sets();
    all.set(2, (content) => fillUp(8, (n) => writeTemplate(content, 256, [[1 + (n % 400), 4]], 0, all.isV9)));
  },
  'a wide template': (sets) => {
    const wide = Array.from({ length: 16_000 }, (_, n): Field => [1 + (n % 400), 1]);
    sets().template(256, wide);
    sets().set(256, (content) => content.put('value', new Uint8Array(64_000).fill(1)));
  },
  'wide options': (sets) => {
    const wide = Array.from({ length: 16_000 }, (_, n): Field => [1 + (n % 400), 1]);
    sets().template(256, wide, 1);
    sets().set(256, (content) => content.put('value', new Uint8Array(64_000).fill(1)));
  },
  samplers: (sets, random) => {
    sets().template(
      256,
      [
        [302, 8],
        [304, 2],
        [305, 4],
        [306, 4],
      ],
      1,
    );
    sets().set(256, (content) => content.put('value', random.octets(18 * 3_500)));
  },
  'statistics of many domains': (sets, random) => {
    sets().template(
      256,
      [
        [149, 4],
        [41, 8],
        [164, 8],
        [160, 8],
      ],
      1,
    );
    sets().set(256, (content) => content.put('value', random.octets(28 * 2_300)));
  },
  withdrawals: (sets) => {
    const all = sets();
    all.set(2, (content) =>
      fillUp(4, (n) => content.number('template id', 2, 2 + (n % 2)).number('field count', 2, 0)),
    );
  },
  'withdrawals beside options': (sets) => {
    const options = sets();
    options.set(3, (content) =>
      fillUp(10, (n) => writeTemplate(content, 300 + n, [[144, 4]], 1, options.isV9), 50_000),
    );
    const all = sets();
    all.set(2, (content) => {
      fillUp(12, () => {
        writeTemplate(content, 256, [[8, 4]], 0, all.isV9);
        content.number('template id', 2, 2).number('field count', 2, 0);
      });
    });
  },
  'lists without end': (sets) => {
    sets().template(256, [[291, VARIABLE]]);
    sets().set(256, (content) => {
      content.number('value length', 1, 255).number('value length', 2, 64_000);
      content.number('list header', 1, 3).number('element', 2, 4).number('field length', 2, 1);
      content.put('value', new Uint8Array(64_000 - 5).fill(6));
    });
  },
  'lists in lists': (sets) => {
    sets().template(256, [[292, VARIABLE]]);
    sets().set(256, (content) =>
      fillUp(4, (n) =>
        content
          .number('value length', 1, 255 - (n % 3))
          .number('template id', 2, 256)
          .number('list header', 1, 3),
      ),
    );
  },
  'lists of lists of nothing': (sets) => {
    sets().template(256, [[291, VARIABLE]]);
    sets().set(256, (content) => {
      content.number('value length', 1, 255).number('value length', 2, 64_000);
      content.number('list header', 1, 3).number('element', 2, 291).number('field length', 2, VARIABLE);
      content.put(
        'value',
        Uint8Array.from({ length: 64_000 - 5 }, (_, n) => [5, 3, 0, 4, 0, 1][n % 6]!),
      );
    });
  },
  'strings of one octet': (sets) => {
    sets().template(256, [
      [8, 4],
      [101, VARIABLE, 56_506],
    ]);
    sets().set(256, (content) =>
      fillUp(6, (n) =>
        content
          .number('value', 4, n)
          .number('value length', 1, 1)
          .number('value', 1, n % 256),
      ),
    );
  },
  'described elements': (sets) => {
    const wide = Array.from({ length: 8_000 }, (_, n): Field => [1 + n, 1, PRIVATE]);
    sets().template(256, wide);
    const all = sets().template(
      257,
      [
        [346, 4],
        [303, 2],
        [339, 1],
        [341, VARIABLE],
      ],
      2,
    );
    all.set(257, (content) => {
      fillUp(14, (n) => {
        content
          .number('value', 4, PRIVATE)
          .number('value', 2, 1 + n)
          .number('value', 1, 1);
        content.number('value length', 1, 6).put('value', Buffer.from(`p${String(n).padStart(5, '0')}`));
      });
    });
  },
} satisfies Readonly<Record<string, MakeSets>>;

export type HugeKind = keyof typeof makers;
export const hugeKinds = Object.keys(makers) as HugeKind[];

/** The messages of a kind, in their order. Protocols without templates have the same ones for each kind. */
export function hugeMessages(
  kind: HugeKind,
  protocol: ExportProtocol,
  random: Random,
  seconds: number,
): Uint8Array[] {
  if (protocol === 'sflow-v5') return hugeSflow();
  if (protocol !== 'ipfix' && protocol !== 'netflow-v9') return [hugeFixed(protocol, random, seconds)];
  const all: Sets[] = [];
  const maker: MakeSets = makers[kind];
  maker(() => {
    const sets = new Sets(protocol);
    all.push(sets);
    return sets;
  }, random);
  return all.map(({ octets }, sequence) => {
    const message = new MessageOctets();
    if (protocol === 'ipfix') message.number('version', 2, 10).number('length', 2, octets.length + 16);
    else message.number('version', 2, 9).number('length', 2, 1).number('time', 4, 1_000_000);
    message.number('time', 4, seconds).number('sequence', 4, sequence).number('domain', 4, 7);
    return message.append(octets).octets;
  });
}

/** Version, octets of the header after its times, octets of a record. */
const fixedForms = { 'netflow-v1': [1, 0, 48], 'netflow-v5': [5, 8, 48], 'netflow-v7': [7, 8, 52] } as const;

function hugeFixed(protocol: keyof typeof fixedForms, random: Random, seconds: number): Uint8Array {
  const [version, headerOctets, recordOctets] = fixedForms[protocol];
  const records = Math.floor(MOST_OCTETS / recordOctets);
  const message = new MessageOctets().number('version', 2, version).number('length', 2, records);
  message.number('time', 4, 1_000_000).number('time', 4, seconds).number('time', 4, 0);
  return message
    .put('value', new Uint8Array(headerOctets))
    .put('value', random.octets(records * recordOctets)).octets;
}

function hugeSflow(): Uint8Array[] {
  const most = MOST_OCTETS - 64;
  const times = (octetsEach: number, part: (at: number) => Uint8Array) =>
    Array.from({ length: Math.floor(most / octetsEach) }, (_, at) => part(at));
  const nothing = times(8, () => sflowPart(9));
  const datagrams = [
    nothing,
    times(40, (source) => flowSample({ source })),
    [flowSample({ count: nothing.length - 5 }, ...nothing.slice(5))],
    times(120, (sequence) => flowSample({ sequence }, rawHeader(ethernet(0x0800, ipv4())))),
  ];
  return datagrams.map((samples, sequence) => sflow({ sequence }, ...samples));
}
