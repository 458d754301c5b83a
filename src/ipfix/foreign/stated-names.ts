import type { FieldName, FlowBatch } from '../../flow/index.ts';
import { type DataRecord, numberOfElement, textOfElement } from '../wire/index.ts';
import type { Explanations } from './foreign-columns.ts';
import { NameTable } from './name-table.ts';
import type { StatementRoom } from './statement-room.ts';

/** IANA elements of options records that name something. */
const Id = {
  ingressInterface: 10,
  egressInterface: 14,
  interfaceName: 82,
  interfaceDescription: 83,
  ingressVRFID: 234,
  egressVRFID: 235,
  VRFname: 236,
} as const;

/** The names that an exporter has stated for one observation domain. */
export class StatedNames {
  readonly interfaces: NameTable;
  readonly vrfs: NameTable;

  constructor(room: StatementRoom) {
    this.interfaces = new NameTable(room);
    this.vrfs = new NameTable(room);
  }

  get size(): number {
    return this.interfaces.size + this.vrfs.size;
  }

  /**
   * Reads an options record. Routers give the number as a scope or beside the name. One number means the same
   * in both directions. False when there was no room for a name.
   */
  hear(record: DataRecord, nowMs: number): boolean {
    const numberIn = (id: number) => numberOfElement(record, id);
    const interfaceName =
      textOfElement(record, Id.interfaceName) || textOfElement(record, Id.interfaceDescription);
    const index =
      interfaceName === undefined
        ? undefined
        : (numberIn(Id.ingressInterface) ?? numberIn(Id.egressInterface));
    const isInterfaceKept = index === undefined || this.interfaces.put(index, interfaceName!, nowMs);
    const vrfName = textOfElement(record, Id.VRFname);
    const vrf = vrfName === undefined ? undefined : (numberIn(Id.ingressVRFID) ?? numberIn(Id.egressVRFID));
    const isVrfKept = vrf === undefined || this.vrfs.put(vrf, vrfName!, nowMs);
    return isInterfaceKept && isVrfKept;
  }

  expire(beforeMs: number): void {
    this.interfaces.expire(beforeMs);
    this.vrfs.expire(beforeMs);
  }

  clear(): void {
    this.interfaces.clear();
    this.vrfs.clear();
  }
}

/** A field for a name, and the field or explanation with its number. */
const named = [
  { name: 'ingressInterfaceName', number: 'ingressInterface', table: 'interfaces' },
  { name: 'egressInterfaceName', number: 'egressInterface', table: 'interfaces' },
  { name: 'ingressVRFName', number: 'ingressVRFID', table: 'vrfs' },
  { name: 'egressVRFName', number: 'egressVRFID', table: 'vrfs' },
] as const satisfies readonly {
  readonly name: FieldName;
  readonly number: string;
  readonly table: keyof StatedNames;
}[];

/** Gives the records of one foreign template the names of their interfaces and VRFs. */
export class NamedRecords {
  /** The fields that a batch must carry. */
  readonly fields: readonly FieldName[];
  readonly #named: readonly (typeof named)[number][];
  readonly #explanations: Explanations;

  /** @param told the fields of the template */
  constructor(told: ReadonlySet<FieldName>, explanations: Explanations) {
    this.#explanations = explanations;
    this.#named = named.filter(({ number }) =>
      isExplanation(number) ? explanations[number] !== undefined : told.has(number),
    );
    this.fields = this.#named.map(({ name }) => name);
  }

  /** Names rows `from` to `to`. */
  fill(
    batch: FlowBatch,
    from: number,
    to: number,
    exporter: StatedNames,
    all: StatedNames | undefined,
  ): void {
    const { columns, dictionary } = batch;
    for (const { name, number, table } of this.#named) {
      const [own, others] = [exporter[table], all?.[table]];
      if (own.size === 0 && (others === undefined || others.size === 0)) continue;
      const numbers = isExplanation(number) ? this.#explanations[number]! : columns[number];
      const names = columns[name];
      for (let row = from; row < to; row++) {
        const value = numbers[row]!;
        names[row] = own.idOf(value, dictionary) || (others?.idOf(value, dictionary) ?? 0);
      }
    }
  }
}

const isExplanation = (number: string): number is 'ingressVRFID' | 'egressVRFID' => number.endsWith('VRFID');
