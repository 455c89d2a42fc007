#include "uapi/errno.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>

namespace kvm_model::uapi {
namespace {

struct Row {
  Errno error;
  std::string_view name;
};

constexpr auto kRows = std::to_array<Row>({
    {Errno::kEPERM, "EPERM"},
    {Errno::kENOENT, "ENOENT"},
    {Errno::kESRCH, "ESRCH"},
    {Errno::kEINTR, "EINTR"},
    {Errno::kEIO, "EIO"},
    {Errno::kENXIO, "ENXIO"},
    {Errno::kE2BIG, "E2BIG"},
    {Errno::kENOEXEC, "ENOEXEC"},
    {Errno::kEBADF, "EBADF"},
    {Errno::kECHILD, "ECHILD"},
    {Errno::kEAGAIN, "EAGAIN"},
    {Errno::kENOMEM, "ENOMEM"},
    {Errno::kEACCES, "EACCES"},
    {Errno::kEFAULT, "EFAULT"},
    {Errno::kENOTBLK, "ENOTBLK"},
    {Errno::kEBUSY, "EBUSY"},
    {Errno::kEEXIST, "EEXIST"},
    {Errno::kEXDEV, "EXDEV"},
    {Errno::kENODEV, "ENODEV"},
    {Errno::kENOTDIR, "ENOTDIR"},
    {Errno::kEISDIR, "EISDIR"},
    {Errno::kEINVAL, "EINVAL"},
    {Errno::kENFILE, "ENFILE"},
    {Errno::kEMFILE, "EMFILE"},
    {Errno::kENOTTY, "ENOTTY"},
    {Errno::kETXTBSY, "ETXTBSY"},
    {Errno::kEFBIG, "EFBIG"},
    {Errno::kENOSPC, "ENOSPC"},
    {Errno::kESPIPE, "ESPIPE"},
    {Errno::kEROFS, "EROFS"},
    {Errno::kEMLINK, "EMLINK"},
    {Errno::kEPIPE, "EPIPE"},
    {Errno::kEDOM, "EDOM"},
    {Errno::kERANGE, "ERANGE"},
    {Errno::kEDEADLK, "EDEADLK"},
    {Errno::kENAMETOOLONG, "ENAMETOOLONG"},
    {Errno::kENOLCK, "ENOLCK"},
    {Errno::kENOSYS, "ENOSYS"},
    {Errno::kENOTEMPTY, "ENOTEMPTY"},
    {Errno::kELOOP, "ELOOP"},
    {Errno::kENOMSG, "ENOMSG"},
    {Errno::kEIDRM, "EIDRM"},
    {Errno::kECHRNG, "ECHRNG"},
    {Errno::kEL2NSYNC, "EL2NSYNC"},
    {Errno::kEL3HLT, "EL3HLT"},
    {Errno::kEL3RST, "EL3RST"},
    {Errno::kELNRNG, "ELNRNG"},
    {Errno::kEUNATCH, "EUNATCH"},
    {Errno::kENOCSI, "ENOCSI"},
    {Errno::kEL2HLT, "EL2HLT"},
    {Errno::kEBADE, "EBADE"},
    {Errno::kEBADR, "EBADR"},
    {Errno::kEXFULL, "EXFULL"},
    {Errno::kENOANO, "ENOANO"},
    {Errno::kEBADRQC, "EBADRQC"},
    {Errno::kEBADSLT, "EBADSLT"},
    {Errno::kEBFONT, "EBFONT"},
    {Errno::kENOSTR, "ENOSTR"},
    {Errno::kENODATA, "ENODATA"},
    {Errno::kETIME, "ETIME"},
    {Errno::kENOSR, "ENOSR"},
    {Errno::kENONET, "ENONET"},
    {Errno::kENOPKG, "ENOPKG"},
    {Errno::kEREMOTE, "EREMOTE"},
    {Errno::kENOLINK, "ENOLINK"},
    {Errno::kEADV, "EADV"},
    {Errno::kESRMNT, "ESRMNT"},
    {Errno::kECOMM, "ECOMM"},
    {Errno::kEPROTO, "EPROTO"},
    {Errno::kEMULTIHOP, "EMULTIHOP"},
    {Errno::kEDOTDOT, "EDOTDOT"},
    {Errno::kEBADMSG, "EBADMSG"},
    {Errno::kEOVERFLOW, "EOVERFLOW"},
    {Errno::kENOTUNIQ, "ENOTUNIQ"},
    {Errno::kEBADFD, "EBADFD"},
    {Errno::kEREMCHG, "EREMCHG"},
    {Errno::kELIBACC, "ELIBACC"},
    {Errno::kELIBBAD, "ELIBBAD"},
    {Errno::kELIBSCN, "ELIBSCN"},
    {Errno::kELIBMAX, "ELIBMAX"},
    {Errno::kELIBEXEC, "ELIBEXEC"},
    {Errno::kEILSEQ, "EILSEQ"},
    {Errno::kERESTART, "ERESTART"},
    {Errno::kESTRPIPE, "ESTRPIPE"},
    {Errno::kEUSERS, "EUSERS"},
    {Errno::kENOTSOCK, "ENOTSOCK"},
    {Errno::kEDESTADDRREQ, "EDESTADDRREQ"},
    {Errno::kEMSGSIZE, "EMSGSIZE"},
    {Errno::kEPROTOTYPE, "EPROTOTYPE"},
    {Errno::kENOPROTOOPT, "ENOPROTOOPT"},
    {Errno::kEPROTONOSUPPORT, "EPROTONOSUPPORT"},
    {Errno::kESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"},
    {Errno::kEOPNOTSUPP, "EOPNOTSUPP"},
    {Errno::kEPFNOSUPPORT, "EPFNOSUPPORT"},
    {Errno::kEAFNOSUPPORT, "EAFNOSUPPORT"},
    {Errno::kEADDRINUSE, "EADDRINUSE"},
    {Errno::kEADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {Errno::kENETDOWN, "ENETDOWN"},
    {Errno::kENETUNREACH, "ENETUNREACH"},
    {Errno::kENETRESET, "ENETRESET"},
    {Errno::kECONNABORTED, "ECONNABORTED"},
    {Errno::kECONNRESET, "ECONNRESET"},
    {Errno::kENOBUFS, "ENOBUFS"},
    {Errno::kEISCONN, "EISCONN"},
    {Errno::kENOTCONN, "ENOTCONN"},
    {Errno::kESHUTDOWN, "ESHUTDOWN"},
    {Errno::kETOOMANYREFS, "ETOOMANYREFS"},
    {Errno::kETIMEDOUT, "ETIMEDOUT"},
    {Errno::kECONNREFUSED, "ECONNREFUSED"},
    {Errno::kEHOSTDOWN, "EHOSTDOWN"},
    {Errno::kEHOSTUNREACH, "EHOSTUNREACH"},
    {Errno::kEALREADY, "EALREADY"},
    {Errno::kEINPROGRESS, "EINPROGRESS"},
    {Errno::kESTALE, "ESTALE"},
    {Errno::kEUCLEAN, "EUCLEAN"},
    {Errno::kENOTNAM, "ENOTNAM"},
    {Errno::kENAVAIL, "ENAVAIL"},
    {Errno::kEISNAM, "EISNAM"},
    {Errno::kEREMOTEIO, "EREMOTEIO"},
    {Errno::kEDQUOT, "EDQUOT"},
    {Errno::kENOMEDIUM, "ENOMEDIUM"},
    {Errno::kEMEDIUMTYPE, "EMEDIUMTYPE"},
    {Errno::kECANCELED, "ECANCELED"},
    {Errno::kENOKEY, "ENOKEY"},
    {Errno::kEKEYEXPIRED, "EKEYEXPIRED"},
    {Errno::kEKEYREVOKED, "EKEYREVOKED"},
    {Errno::kEKEYREJECTED, "EKEYREJECTED"},
    {Errno::kEOWNERDEAD, "EOWNERDEAD"},
    {Errno::kENOTRECOVERABLE, "ENOTRECOVERABLE"},
    {Errno::kERFKILL, "ERFKILL"},
    {Errno::kEHWPOISON, "EHWPOISON"},
});

// Second names of a number that has a row already.
constexpr auto kAliases = std::to_array<Row>({
    {Errno::kEAGAIN, "EWOULDBLOCK"},
    {Errno::kEDEADLK, "EDEADLOCK"},
    {Errno::kEOPNOTSUPP, "ENOTSUP"},
});

// In strictly rising order, as ErrnoName's search wants them.
static_assert(std::ranges::adjacent_find(kRows, std::ranges::greater_equal{}, &Row::error) ==
              kRows.end());

}  // namespace

std::string_view ErrnoName(Errno error) {
  const auto row = std::ranges::lower_bound(kRows, error, {}, &Row::error);
  return row != kRows.end() && row->error == error ? row->name : std::string_view();
}

std::optional<Errno> ErrnoByName(std::string_view name) {
  if (const auto row = std::ranges::find(kRows, name, &Row::name); row != kRows.end()) {
    return row->error;
  }
  if (const auto row = std::ranges::find(kAliases, name, &Row::name); row != kAliases.end()) {
    return row->error;
  }
  return std::nullopt;
}

}  // namespace kvm_model::uapi
