#include "fs/readme.h"

namespace dcmfs::fs {

std::string_view readme_text() {
  return R"(This is a DICOM archive, mounted by dcmfs.

patients/    every instance, once: PATIENT / STUDY / SERIES / 0001.dcm
               0001.dcm     the file, byte for byte as it was received
               0001.json    its attributes by keyword, for jq, Python, MATLAB
               0001.png     its picture, if it has one; 0001.frames/ for each frame
               0001.pdf     the document in it, if it is an encapsulated PDF
               study.zip    the whole study, made while it is read
studies/     the same studies by date:   2004/01/19/
series/      the same series by modality and month:   CT/2004/01/
instances/   the same instances by SOPInstanceUID
recent/      the last studies to arrive
find/        ask by path:   ls "find/PatientName=DOE*/Modality=CT/"
incoming/    copy files or folders here to import them; ZIP, tar and ISO too
rejected/    what could not be imported, with the reason, for 30 days
modalities/  copy files or folders into modalities/NAME/ to send them to that node
peers/       the same for servers of DICOMweb, to which it is sent by STOW-RS
worklists/   the modality worklist: a .wl or .json file for each scheduled procedure

All but patients/ are symbolic links into it, so that find, du, rsync and tar
meet everything once.

Importing: when cp (mv, rsync, a file manager ...) ends without an error, the
file is stored durably. Otherwise its error tells why:
  Invalid argument      not DICOM, or broken
  File exists           another file with this SOPInstanceUID is stored
  No space left, Disk quota exceeded, File too large
Files that accompany images on a CD (DICOMDIR, autorun.inf, viewers) are
ignored. incoming/report.jsonl has a line for every file. A shell that writes
by itself (echo ... > incoming/FILE) does not tell the error; cat and cp do.

Sending: when cp (ln -s, a file manager ...) ends without an error, it will be
sent, however long that takes: also when the other node is down for a day.
modalities/NAME/status.json tells how far it is, reading modalities/NAME/echo
asks whether the node answers. What it refuses stands in modalities/NAME/failed/
with the reason: touch it to try again, rm it to give up. So in peers/NAME/.

Fetching: ls "modalities/NAME/find/PatientName=DOE*/" asks that node what it has.
Copy one of these files to modalities/NAME/retrieve/, or make a folder there that
is named by a StudyInstanceUID, and the study is fetched into the archive.

Worklist: items that are copied to, edited or removed in worklists/ are answered
by the next query. What is no item gives Invalid argument, the reason stands in
rejected/, and what was there before stays.

Sizes and names never change. Everything outside incoming/, modalities/,
peers/ and worklists/ is read-only.
Attributes are also extended attributes:   getfattr -d FILE
Programs that watch folders with inotify do not see what arrives from elsewhere;
they have to look again.
)";
}

std::string_view find_readme_text() {
  return R"(Ask by path. Each part is one condition, KEYWORD=VALUE, as in a DICOM query:

  ls "find/PatientName=DOE*/"                      patients
  ls "find/PatientName=DOE*/StudyDate=20040101-/"  their studies since 2004
  ls "find/StudyDate=20040101-20041231/Modality=CT/"   series

Keywords are DICOM's (PatientID, StudyDescription, Modality ...). * and ? stand
for any letters, A-B for a range of dates or times, \ between values for "or".
The answer holds symbolic links to the resources at the level of the deepest
keyword. Nothing is listed in find/ itself.
)";
}

}  // namespace dcmfs::fs
