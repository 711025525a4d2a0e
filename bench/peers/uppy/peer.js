/* Uppy 6: each request is signed by a function of ours that asks the server, as its documentation has it. */

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { measure, options } from "../page.js";

async function signRequest(request) {
  const answer = await fetch("/sign", { method: "POST", body: JSON.stringify(request) });
  if (!answer.ok) throw new Error(`not signed: ${answer.status}`);
  return answer.json();
}

const chosen = { signRequest };
if (options.part) chosen.getChunkSize = () => options.part;
if (options.limit) chosen.limit = options.limit;
const uppy = new Uppy({ autoProceed: false }).use(AwsS3, chosen);

measure(async (files) => {
  uppy.addFiles(files.map((data) => ({ name: data.name, type: data.type, data })));
  const { failed } = await uppy.upload();
  if (failed.length) throw new Error(`${failed.length} failed: ${failed[0].error}`);
});
