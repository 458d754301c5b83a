import type { FlowBatch, FlowRecord, FlowSink } from '../../src/flow/index.ts';
import { choiceOption, optionSection, pathOption, requiredOption } from '../../src/runtime/index.ts';
import type { SinkKind } from '../../src/sinks/index.ts';

/** A sink that keeps the flows it has taken. */
export class MadeUpSink implements FlowSink {
  static readonly made: MadeUpSink[] = [];
  readonly name: string;
  readonly colour: string;
  readonly taken: FlowRecord[] = [];

  constructor(name: string, colour: string) {
    this.name = name;
    this.colour = colour;
    MadeUpSink.made.push(this);
  }

  async start(): Promise<void> {}

  write(batch: FlowBatch): void {
    this.taken.push(...batch);
  }

  async stop(): Promise<void> {}
}

const options = optionSection('Flows into memory.', {
  colour: requiredOption(choiceOption(['red', 'green'], { description: 'the colour of flows' })),
  tokenFile: pathOption('read', { description: 'a secret', value: 'the path of a file' }),
});

/** A kind of sink that Weir does not have. */
export const madeUpKind: SinkKind<typeof options.shape> = {
  key: 'madeUp',
  options,
  make: (name, { colour }) => new MadeUpSink(name, colour),
};
