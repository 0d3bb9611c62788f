import { EventEmitter, once } from 'node:events';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { protos } from '../../agent/adapters/fabric-grpc/protos';
import type { NodeAddress } from '../../agent/adapters/fabric-grpc/connection-profile';
import type { TestCertificate } from '../support/certificates';
import {
  DELIVER,
  ENDORSER,
  GATEWAY,
  encodeAnswer,
  encodeBlock,
  encodeCommitStatus,
  encodeFilteredBlock,
  encodeRefusal,
  readCall,
  readCommitStatusRequest,
  readSeek,
  refusal,
} from './fabric-wire';
import type { OrderedBlock } from './fabric-wire';

/** What a peer was asked. */
export interface PeerCounts {
  /** First blocks of the streams that were opened, in order. */
  readonly seeks: (number | 'newest')[];
  commitStatus: number;
  qscc: number;
}

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Stream = ServerDuplexStream<Buffer, Buffer>;

/** What a peer shows to others is the chain of its network, as far as it has got. */
export interface FakeChain {
  readonly name: string;
  readonly blocks: readonly OrderedBlock[];
}

/** A peer that speaks gRPC and holds no ledger: streams of filtered blocks, commit status, and what qscc tells. */
export class FakeFabricPeer {
  readonly counts: PeerCounts = { seeks: [], commitStatus: 0, qscc: 0 };
  /** False: as a peer before 2.4. */
  hasGateway = true;
  /** True: whoever asks for blocks is turned away. */
  refusesStreams = false;
  /** True: sends every block twice. */
  repeats = false;
  height = 1;
  private isHeld = false;
  private isFrozen = false;
  private server: Server | null = null;
  private port = 0;
  private readonly lies = new Map<string, number>();
  private readonly news = new EventEmitter().setMaxListeners(0);
  private readonly streams = new Set<Stream>();

  constructor(
    readonly mspId: string,
    private readonly chain: () => FakeChain,
    private readonly tls: TestCertificate | null,
  ) {}

  get address(): NodeAddress {
    const host = this.tls === null ? '127.0.0.1' : 'localhost';
    const tls = this.tls === null ? null : { rootsPem: this.tls.certificatePem, serverName: null };
    return { name: `peer0.${this.mspId}`, mspId: this.mspId, target: `${host}:${this.port}`, tls };
  }

  get openStreams(): number {
    return this.streams.size;
  }

  get isUp(): boolean {
    return this.server !== null;
  }

  /** Up, for the first time or again on the same port; it catches up with its network. */
  async start(): Promise<void> {
    const server = new Server();
    server.addService(DELIVER, { DeliverFiltered: (call: Stream) => this.deliver(call) });
    server.addService(ENDORSER, {
      ProcessProposal: (call: Unary, answer: sendUnaryData<Buffer>) => this.reply(answer, () => this.process(call)),
    });
    if (this.hasGateway) {
      server.addService(GATEWAY, {
        CommitStatus: (call: Unary, answer: sendUnaryData<Buffer>) => this.reply(answer, () => this.commitStatus(call)),
      });
    }
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.port}`, this.credentials(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.server = server;
    this.commit();
  }

  /** kill -9. */
  kill(): void {
    this.server?.forceShutdown();
    this.server = null;
    this.streams.clear();
  }

  /** SIGSTOP: connections stand, nothing is answered. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** SIGCONT. */
  thaw(): void {
    this.isFrozen = false;
    this.commit();
  }

  /** Lags: commits nothing until it is released. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.commit();
  }

  /** Says another code of this transaction than the others. */
  lie(transactionId: string, code: number): void {
    this.lies.set(transactionId, code);
  }

  /** As new, and up with its network. */
  async restore(): Promise<void> {
    Object.assign(this, { refusesStreams: false, repeats: false, isHeld: false, isFrozen: false });
    Object.assign(this.counts, { seeks: [], commitStatus: 0, qscc: 0 });
    this.lies.clear();
    if (!this.hasGateway) this.kill();
    this.hasGateway = true;
    if (this.server === null) await this.start();
    this.commit();
  }

  /** Takes in what the network has ordered. */
  commit(): void {
    if (this.server === null || this.isHeld || this.isFrozen) return;
    this.height = this.chain().blocks.length;
    this.news.emit('news');
  }

  private credentials(): ServerCredentials {
    if (this.tls === null) return ServerCredentials.createInsecure();
    const { certificatePem, privateKeyPem } = this.tls;
    const pair = { private_key: Buffer.from(privateKeyPem), cert_chain: Buffer.from(certificatePem) };
    return ServerCredentials.createSsl(null, [pair]);
  }

  private deliver(call: Stream): void {
    this.streams.add(call);
    let next: number | null = null;
    const pump = (): void => {
      while (next !== null && next < this.height && !this.isFrozen) {
        const block = encodeFilteredBlock(this.asTold(next));
        for (let copy = this.repeats ? 2 : 1; copy > 0; copy -= 1) call.write(block);
        next += 1;
      }
    };
    const end = (): void => {
      this.streams.delete(call);
      this.news.off('news', pump);
    };
    call.on('data', (bytes: Buffer) => {
      try {
        if (this.refusesStreams) throw refusal(status.PERMISSION_DENIED, 'access denied');
        const seek = readSeek(bytes);
        this.counts.seeks.push(seek);
        next = seek === 'newest' ? this.height - 1 : seek;
        pump();
      } catch (error) {
        call.emit('error', error);
      }
    });
    this.news.on('news', pump);
    for (const event of ['cancelled', 'close', 'end', 'error']) call.on(event, end);
  }

  private asTold(number: number): OrderedBlock {
    const transactions = this.chain().blocks[number]?.transactions ?? [];
    return { number, transactions: transactions.map(({ id, code }) => ({ id, code: this.lies.get(id) ?? code })) };
  }

  private reply(answer: sendUnaryData<Buffer>, work: () => Promise<Buffer>): void {
    const settle = async (): Promise<void> => {
      try {
        const bytes = await work();
        while (this.isFrozen) await once(this.news, 'news');
        answer(null, bytes);
      } catch (error) {
        answer(error as Error);
      }
    };
    void settle();
  }

  /** Answers once the transaction is committed here. */
  private async commitStatus({ request }: Unary): Promise<Buffer> {
    this.counts.commitStatus += 1;
    const { transactionId } = readCommitStatusRequest(request);
    for (;;) {
      const found = this.find(transactionId);
      if (found !== undefined) return encodeCommitStatus(found.code, found.number);
      await once(this.news, 'news');
    }
  }

  private process({ request }: Unary): Promise<Buffer> {
    const { name, args } = readCall(request);
    this.counts.qscc += 1;
    const answer = this.qscc(name, args[1] ?? '');
    return Promise.resolve(answer);
  }

  private qscc(name: string, argument: string): Buffer {
    const { name: network } = this.chain();
    if (name === 'GetBlockByNumber') return encodeAnswer(encodeBlock(Number(argument), network));
    const found = this.find(argument);
    if (found === undefined) return encodeRefusal(`no such transaction ID [${argument}] in index`);
    if (name === 'GetBlockByTxID') return encodeAnswer(encodeBlock(found.number, network));
    return encodeAnswer(protos.protos.ProcessedTransaction.encode({ validationCode: found.code }).finish());
  }

  private find(transactionId: string): { readonly code: number; readonly number: number } | undefined {
    for (let number = 0; number < this.height; number += 1) {
      const found = this.asTold(number).transactions.find(({ id }) => id === transactionId);
      if (found !== undefined) return { code: found.code, number };
    }
    return undefined;
  }
}
