import 'react';

declare module 'react' {
  interface CSSProperties {
    /** Figures that the style sheets place things by. React sets them through the object model. */
    [name: `--${string}`]: string | number | undefined;
  }
}
