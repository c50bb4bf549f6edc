/** The canvas over the whole window. Escape closes it; so does any way back into the film. */
import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconBtn } from '../../../ui/parts';

interface Props {
  acts: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

export function Large({ acts, onClose, children }: Props) {
  return (
    <ModalOverlay className="over canvas-over" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="canvas-box">
        <Dialog className="dialog">
          <header>
            <Heading slot="title" level={2} className="t-15">
              Canvas
            </Heading>
            <span className="row">
              {acts}
              <IconBtn label="Close" sign="close" onPress={onClose} />
            </span>
          </header>
          <div className="canvas-sheet" role="group" aria-label="The page">
            {children}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
