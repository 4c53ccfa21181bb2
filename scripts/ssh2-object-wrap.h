// The base class of ssh2's ciphers, in place of Node's own: scripts/build-ssh2-addon.ts includes this before everything else,
// and the guard is that of <node_object_wrap.h>. docs/adr/0006 says why.
//
// It does what Node's header did until 24.18, and registers no cleanup hook for the end of the process: the hook of later
// headers aborts the process when the garbage collector frees a cipher. The inline namespace gives it symbols of its own, so
// that no other addon's copy, and none of Node's, is linked in its place.
#ifndef SRC_NODE_OBJECT_WRAP_H_
#define SRC_NODE_OBJECT_WRAP_H_

#include <cassert>
#include "v8.h"

namespace node {
inline namespace gitkube {

class ObjectWrap {
 public:
  ObjectWrap() = default;
  ObjectWrap(const ObjectWrap&) = delete;
  ObjectWrap& operator=(const ObjectWrap&) = delete;

  virtual ~ObjectWrap() {
    if (handle_.IsEmpty()) return;
    handle_.ClearWeak();
    handle_.Reset();
  }

  template <class T>
  static T* Unwrap(v8::Local<v8::Object> handle) {
    assert(!handle.IsEmpty() && handle->InternalFieldCount() > 0);
    return static_cast<T*>(static_cast<ObjectWrap*>(handle->GetAlignedPointerFromInternalField(0)));
  }

 protected:
  /** From here on the garbage collector owns this object. */
  void Wrap(v8::Local<v8::Object> handle) {
    assert(handle_.IsEmpty() && handle->InternalFieldCount() > 0);
    handle->SetAlignedPointerInInternalField(0, this);
    handle_.Reset(v8::Isolate::GetCurrent(), handle);
    handle_.SetWeak(this, Free, v8::WeakCallbackType::kParameter);
  }

 private:
  static void Free(const v8::WeakCallbackInfo<ObjectWrap>& info) {
    ObjectWrap* self = info.GetParameter();
    self->handle_.Reset();
    delete self;
  }

  v8::Persistent<v8::Object> handle_;
};

}  // inline namespace gitkube
}  // namespace node

#endif  // SRC_NODE_OBJECT_WRAP_H_
