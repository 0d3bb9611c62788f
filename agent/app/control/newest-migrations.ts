import type { MigrationRecord, PageRequest, ResultOf } from '../../../chaincode/src/model';
import type { CallOptions } from '../../ports/call';

export type MigrationPage = ResultOf<'MigrationContract:List'>;

/** A place in the list, and how many migrations came before it when it was learnt. */
interface Mark {
  readonly bookmark: string;
  readonly before: number;
}

const START: Mark = { bookmark: '', before: 0 };
/** The first time everything is read, in large pages; afterwards only the end is, and a little too much of it. */
const FIRST_PAGE_SIZE = 1000;
const PAGE_SIZE = 100;

/**
 * The newest migrations of the channel. The contract pages them oldest first (ids begin with the time) and never removes
 * one: so where a page began stays true, and whoever remembers it need not read what lies before it again. One that comes
 * late with an older id only makes a page longer.
 */
export class NewestMigrations {
  private marks: readonly Mark[] = [START];
  private total = 0;

  constructor(private readonly readPage: (request: PageRequest, options?: CallOptions) => Promise<MigrationPage>) {}

  /** The newest `limit`, oldest first. @throws BlosmError of the ledger */
  async list(limit: number, options?: CallOptions): Promise<readonly MigrationRecord[]> {
    const start = this.marks.findLast(({ before }) => this.total - before >= limit) ?? START;
    const pageSize = this.total === 0 ? FIRST_PAGE_SIZE : PAGE_SIZE;
    // Of its own until it is whole: somebody else may be reading, too.
    const marks = this.marks.slice(0, this.marks.indexOf(start) + 1);
    let newest: MigrationRecord[] = [];
    let { before, bookmark } = start;
    for (;;) {
      const page = await this.readPage({ pageSize, bookmark }, options);
      newest = [...newest, ...page.items].slice(-limit);
      before += page.items.length;
      if (page.items.length < pageSize || page.bookmark === '') break;
      bookmark = page.bookmark;
      marks.push({ bookmark, before });
    }
    this.marks = marks;
    this.total = before;
    return newest;
  }
}
