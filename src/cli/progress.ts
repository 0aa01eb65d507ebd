import type { CliOutput } from './output.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** What is done sooner needs no sign that it is under way. */
const PATIENCE_MS = 300;
const FRAME_MS = 80;

/** Shows on a terminal's standard error that something is under way, once it takes a while, and wipes that away when it is done. */
export async function withProgress<Result>(
  output: CliOutput,
  text: string,
  work: (tell: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  if (!output.isErrTty) return await work(() => {});
  let [said, frame] = [text, -Math.ceil(PATIENCE_MS / FRAME_MS)];
  const timer = setInterval(() => {
    if (++frame >= 0) output.err(`\r\u001B[2K${output.errStyle('cyan', FRAMES[frame % FRAMES.length] ?? '')} ${said}`);
  }, FRAME_MS);
  timer.unref();
  try {
    return await work((more) => void (said = more));
  } finally {
    clearInterval(timer);
    if (frame >= 0) output.err('\r\u001B[2K');
  }
}
