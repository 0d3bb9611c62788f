import type { Log } from '../../agent/ports/log';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Keeps what was logged. */
export class FakeLog implements Log {
  readonly lines: LogLine[] = [];

  readonly debug = this.at('debug');
  readonly info = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');

  /** The messages of one level, or of all. */
  messages(level?: LogLine['level']): string[] {
    return this.lines.filter((line) => level === undefined || line.level === level).map((line) => line.message);
  }

  private at(level: LogLine['level']): Log['info'] {
    return (fields, message) => void this.lines.push({ level, fields, message });
  }
}
