/* Uppy 5, the last that sends several parts of a file at once; the server answers as Companion does. */

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { measure, options } from "../page.js";

const chosen = { endpoint: location.origin };
if (options.part) chosen.getChunkSize = () => options.part;
if (options.limit) chosen.limit = options.limit;
const uppy = new Uppy({ autoProceed: false }).use(AwsS3, chosen);

measure(async (files) => {
  uppy.addFiles(files.map((data) => ({ name: data.name, type: data.type, data })));
  const { failed } = await uppy.upload();
  if (failed.length) throw new Error(`${failed.length} failed: ${failed[0].error}`);
});
