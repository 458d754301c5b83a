import { flagOption } from '../../runtime/index.ts';

export const consoleOption = flagOption({
  description:
    'serve the console at /console/ to browsers that show the token; it needs tokenFile or weir.stateDirectory',
  default: true,
});
