/** Keeps a mistake of the page's own on one screen, and says what to do. */
import { Component, type ReactNode } from 'react';

interface Props {
  /** A new place deserves a new try. */
  place: string;
  children: ReactNode;
}

interface State {
  error: Error | null;
  place: string;
}

export class Boundary extends Component<Props, State> {
  override state: State = { error: null, place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.place === state.place ? null : { error: null, place: props.place };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main id="main" tabIndex={-1} className="alone">
        <div className="inner" role="alert">
          <h1 className="t-20">This page made a mistake</h1>
          <p>Your recordings are not touched by it, and what runs goes on. Load the page again; if it comes back, these words help to find it:</p>
          <p>
            <code>{error.message}</code>
          </p>
          <div className="foot">
            <button type="button" className="btn primary" onClick={() => window.location.reload()}>
              Load again
            </button>
            <a className="btn" href="/">
              Show all sessions
            </a>
          </div>
        </div>
      </main>
    );
  }
}
