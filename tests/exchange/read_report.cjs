// Levels and numbers of a structured report, as dcmjs reads them.
const fs = require("fs");
const dcmjs = require("dcmjs");

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
dcmjs.log.setLevel("silent");
const file = fs.readFileSync(process.argv[2]);
const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
const report = DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(buffer).dict);

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const code = (item) => list(item.ConceptNameCodeSequence)[0];
const within = (item) => list(item.ContentSequence);
const found = [];

function visit(item) {
  if (code(item)?.CodeValue === "125007") {
    const named = within(item).find((each) => code(each)?.CodeValue === "112039");
    for (const each of within(item).filter((part) => part.ValueType === "NUM")) {
      const value = list(each.MeasuredValueSequence)[0];
      found.push({
        level: named?.TextValue,
        name: code(each).CodeValue,
        value: value.FloatingPointValue !== undefined ? list(value.FloatingPointValue)[0] : Number(value.NumericValue),
      });
    }
  }
  within(item).forEach(visit);
}
visit(report);
console.log(JSON.stringify(found));
