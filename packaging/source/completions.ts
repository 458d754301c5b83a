import type { CommandWords, OptionWords } from './command-words.ts';

/*
 * Completions for shells after `weir`. The scripts contain all words, so that a Tab starts no program. For
 * other arguments, the shell completes file names.
 */

/** For /usr/share/bash-completion/completions/weir. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const choices = commands.flatMap(({ path, options }) =>
    options
      .filter((option) => option.choices.length > 0)
      .map(({ flags, choices }) => {
        const patterns = flags.map((flag) => `'${path}:${flag}'`);
        return `    ${patterns.join(' | ')}) words='${choices.join(' ')}' ;;`;
      }),
  );
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue && option.choices.length === 0)
      .flatMap(({ flags }) => flags.map((flag) => `'${path}:${flag}'`)),
  );
  const words = commands.map(({ path, subcommands, options }) => {
    const names = subcommands.map(({ name }) => name).join(' ');
    const flags = options.flatMap((option) => option.flags).join(' ');
    return `    '${path}:'*) words='${names}' flags='${flags}' ;;`;
  });
  return `# bash completion for weir
_weir() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= words= flags= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "\${command:+$command }$word" in
      ${pathsOf(commands)
        .map((path) => `'${path}'`)
        .join(' | ')}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command:$previous" in
${choices.join('\n')}
    ${values.join(' | ')}) ;;
${words.join('\n')}
  esac
  [[ $current == -* ]] && words+=" $flags"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _weir weir
`;
}

/** For /usr/share/zsh/vendor-completions/_weir. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef weir
${commands.map(zshFunction).join('\n')}
_weir "$@"
`;
}

function zshFunction({ path, subcommands, options }: CommandWords): string {
  const specs = options.map((option) => `    ${zshOption(option)}`);
  if (subcommands.length === 0) {
    return `${zshName(path)}() {
  _arguments -s \\
${specs.join(' \\\n')} \\
    '*:file:_files'
}
`;
  }
  const described = subcommands.map(
    ({ name, description }) => `      ${quotedText(`${name}:${zshText(description)}`)}`,
  );
  const dispatch = subcommands.map(({ name }) => `      ${name}) ${zshName(`${path} ${name}`.trim())} ;;`);
  return `${zshName(path)}() {
  local state line
  local -a commands
  _arguments -C \\
${specs.join(' \\\n')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command)
      commands=(
${described.join('\n')}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${dispatch.join('\n')}
      esac ;;
  esac
}
`;
}

function zshOption({ flags, description, takesValue, choices }: OptionWords): string {
  const text = `[${zshText(description)}]`;
  const action = choices.length > 0 ? `:value:(${choices.join(' ')})` : takesValue ? ':value:_files' : '';
  return flags.map((flag) => quotedText(`*${flag}${text}${action}`)).join(' ');
}

const zshName = (path: string): string => `_weir${path === '' ? '' : `_${path.replaceAll(' ', '_')}`}`;

/** Zsh interprets brackets, colons and backslashes in descriptions. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

/** For /usr/share/fish/vendor_completions.d/weir.fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const condition = quotedText(fishCondition(command));
    return [
      ...command.subcommands.map(
        ({ name, description }) =>
          `complete -c weir -n ${condition} -f -a ${name} -d ${quotedText(description)}`,
      ),
      ...command.options.map((option) => `complete -c weir -n ${condition} ${fishOption(option)}`),
    ];
  });
  return `# fish completion for weir\n${lines.join('\n')}\n`;
}

function fishCondition({ path, subcommands }: CommandWords): string {
  if (path === '') return '__fish_use_subcommand';
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = subcommands.map(({ name }) => `not __fish_seen_subcommand_from ${name}`);
  return [...seen, ...below].join('; and ');
}

function fishOption({ flags, description, takesValue, choices }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = choices.length > 0 ? [`-x -a ${quotedText(choices.join(' '))}`] : takesValue ? ['-r'] : [];
  return [...names, ...value, `-d ${quotedText(description)}`].join(' ');
}

const pathsOf = (commands: readonly CommandWords[]): string[] =>
  commands.map(({ path }) => path).filter((path) => path !== '');

/** A word in single quotes, as all three shells read it. */
const quotedText = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
