import { Option } from 'commander';

/** `--default OPTION=VALUE`, which may be repeated. */
export const defaultOption = (): Option =>
  new Option('--default <option=value>', 'a value for an option that the file leaves out; repeat for several')
    .argParser((text: string, earlier: readonly string[]) => [...earlier, text])
    .default([], 'none');
