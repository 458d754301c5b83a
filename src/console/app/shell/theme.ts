import { effect, signal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const STORED_AS = 'weir-theme';

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(STORED_AS);
    return themes.find((name) => name === stored) ?? 'system';
  } catch {
    return 'system'; // a browser may forbid storage
  }
}

/** The reader's choice; the system's until then. It belongs to the browser, not to a link. */
export const theme = signal<Theme>(storedTheme());

export const nextTheme = (): void => {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
};

/** Keeps the page and the browser's storage as the reader chose. */
export const keepTheme = (): (() => void) =>
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    try {
      localStorage.setItem(STORED_AS, theme.value);
    } catch {}
  });
